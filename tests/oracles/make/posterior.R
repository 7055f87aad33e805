# Makes tests/oracles/data/posterior_r.json: posteriors of scores, by MCMCpack's draws and by R's own integrate.
#
#     Rscript tests/oracles/make/posterior.R tests/oracles/data/posterior_r.json
#
# `draws`: MCMCpack::MCmultinomdirichlet draws shares a million times; each number has its Monte Carlo standard error.
# `tails` and `differences`: NPS / 100 is t (2 r - 1) with independent t ~ Beta(promoters + detractors, passives) and
# r ~ Beta(promoters, detractors), where names stand for the posterior parameters. Tails are expectations over
# quantiles of t, where the integrand lies between 0 and 1 and has no poles.

suppressMessages({
  library(MCMCpack)
  library(jsonlite)
})

DRAWS <- 1e6
PROBABILITIES <- c(0.001, 0.025, 0.25, 0.5, 0.975, 0.999)
NPS <- c(-100, 0, 100)

sampled <- list(
  list(counts = c(12, 40, 30), prior = c(0.5, 0.5, 0.5), values = NPS),
  list(counts = c(1, 0, 2), prior = c(0.5, 0.5, 0.5), values = NPS),
  list(counts = c(0, 0, 1), prior = c(1, 1, 1), values = NPS),
  list(counts = c(0, 25, 0), prior = c(0.5, 0.5, 0.5), values = NPS),
  list(counts = c(3, 1, 96), prior = c(0.1, 2, 0.7), values = NPS),
  list(counts = c(2000, 3000, 5000), prior = c(40, 30, 10), values = NPS),
  list(counts = c(3, 1, 1, 2, 2, 6, 5, 11, 17, 9, 13), prior = rep(0.5, 11), values = 0:10),
  list(counts = c(1, 2, 4, 9, 14), prior = rep(1, 5), values = 1:5)
)

draw <- function(case) {
  set.seed(20260101)
  shares <- MCmultinomdirichlet(case$counts, case$prior, mc = DRAWS)
  score <- as.vector(unclass(shares) %*% case$values)
  s <- sd(score)
  fourth <- mean((score - mean(score))^4)
  error <- sqrt(PROBABILITIES * (1 - PROBABILITIES) / DRAWS)
  found <- quantile(score, PROBABILITIES, type = 1, names = FALSE)
  apart <- quantile(score, PROBABILITIES + error, type = 1, names = FALSE) -
    quantile(score, PROBABILITIES - error, type = 1, names = FALSE)
  x <- round(mean(score) + c(-2, -1, 0, 0.5, 1.5) * s, 1)
  above <- sapply(x, function(point) mean(score > point))
  c(case, list(
    mean = mean(score), mean_error = s / sqrt(DRAWS), sd = s, sd_error = sqrt((fourth / s^2 - s^2) / (4 * DRAWS)),
    quantiles = found, quantile_errors = apart / 2, x = x, above = above,
    above_errors = pmax(sqrt(above * (1 - above)), sqrt(1 / DRAWS)) / sqrt(DRAWS)
  ))
}

# In panels of equal width; where rounding ends the search, integrate tells a larger error.
integral <- function(f, from, to, tolerance, panels = 1) {
  if (from >= to) return(c(0, 0))
  edges <- seq(from, to, length.out = panels + 1)
  found <- sapply(seq_len(panels), function(i) {
    part <- integrate(f, edges[i], edges[i + 1], rel.tol = tolerance, abs.tol = tolerance, subdivisions = 1000L,
                      stop.on.error = FALSE)
    c(part$value, part$abs.error)
  })
  rowSums(found)
}

# P(NPS / 100 <= x) with its error; a: parameters of detractors, passives, promoters.
below <- function(x, a, tolerance = 1e-11) {
  edge <- pbeta(abs(x), a[1] + a[3], a[2])
  inner <- function(u) {
    t <- qbeta(u, a[1] + a[3], a[2])
    pbeta((1 + pmin(pmax(x / t, -1), 1)) / 2, a[3], a[1])
  }
  found <- integral(inner, edge, 1, tolerance)
  c(found[1] + if (x >= 0) edge else 0, found[2])
}

# The density of NPS / 100 at x: the same mixture, over t = |x| + (1 - |x|) sin(angle)^2, which takes poles away.
density <- function(x, a) {
  inner <- function(angle) {
    away <- (1 - abs(x)) * sin(angle)^2
    t <- abs(x) + away
    near <- away / t / 2
    r <- if (x >= 0) dbeta(near, a[1], a[3]) else dbeta(near, a[3], a[1])
    dbeta((1 - abs(x)) * cos(angle)^2, a[2], a[1] + a[3]) * r / (2 * t) * (1 - abs(x)) * 2 * sin(angle) * cos(angle)
  }
  integral(inner, 0, pi / 2, 1e-9, panels = 6)[1]
}

# P(NPS_1 > NPS_2): the integral of P(NPS_1 > x) over the density of NPS_2, halved where it has a kink.
higher <- function(first, second) {
  inner <- function(x) vapply(x, function(p) below(-p, rev(first), 1e-9)[1] * density(p, second), 0)
  integral(inner, -1, 0, 1e-8, panels = 8) + integral(inner, 0, 1, 1e-8, panels = 8)
}

tables <- list(
  c(0.5, 0.5, 1.5), c(1.5, 0.5, 0.5), c(0.5, 25.5, 0.5), c(12.5, 40.5, 30.5), c(3.1, 3, 96.7), c(1, 1, 2),
  c(2040, 3030, 5010), c(7, 0.5, 4)
)
points <- c(-0.9, -0.35, -0.01, 0, 0.02, 0.24, 0.5, 0.93)
tail <- function(a) {
  found <- sapply(points, below, a = a)
  list(parameters = a, x = 100 * points, below = found[1, ], errors = found[2, ])
}

pairs <- list(
  list(c(12.5, 40.5, 30.5), c(20.5, 40.5, 30.5)), list(c(1.5, 2.5, 4.5), c(3.5, 0.5, 2.5)),
  list(c(0.5, 9.5, 1.5), c(2.5, 30.5, 1.5)), list(c(31, 51, 121), c(45, 61, 101)), list(c(1, 1, 2), c(2, 1, 1))
)
difference <- function(pair) {
  found <- higher(pair[[1]], pair[[2]])
  list(first = pair[[1]], second = pair[[2]], higher = found[1], error = found[2])
}

out <- list(
  made_by = "tests/oracles/make/posterior.R", r_version = R.version.string,
  mcmcpack_version = as.character(packageVersion("MCMCpack")), n_draws = DRAWS, probabilities = PROBABILITIES,
  draws = lapply(sampled, draw), tails = lapply(tables, tail), differences = lapply(pairs, difference)
)
writeLines(toJSON(out, auto_unbox = TRUE, digits = I(15), pretty = 1), commandArgs(trailingOnly = TRUE)[1])
