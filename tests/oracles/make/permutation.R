# Makes tests/oracles/data/permutation_r.json: randomisation tests by R's package coin, and by brute force in base R.
#
#     Rscript tests/oracles/make/permutation.R tests/oracles/data/permutation_r.json
#
# coin: the exact permutation test of the plain difference of means (oneway_test), and of pairs (the same, in blocks).
# Base R: the pivot of every split of the rows into groups of the same sizes (combn), and the sum of the differences
# under every flip of signs (expand.grid), with the limits by bisection on the p-values.

suppressMessages({
  library(coin)
  library(jsonlite)
})

NEAR <- 1e-9

plain_cases <- list(
  list(values = c(0, 0.5, 1), x = c(2, 3, 5), y = c(6, 4, 2)),
  list(values = c(0, 0.5, 1), x = c(5, 30, 15), y = c(0, 160, 40)),
  list(values = c(0, 0.5, 1), x = c(90, 120, 90), y = c(9, 3, 18)),
  list(values = c(0, 1), x = c(7, 31), y = c(19, 21)),
  list(values = (0:4) / 4, x = c(1, 2, 4, 9, 14), y = c(4, 6, 6, 5, 3)),
  list(values = (0:10) / 10, x = c(0, 1, 0, 0, 2, 1, 2, 3, 4, 2, 5), y = c(2, 1, 1, 3, 0, 2, 1, 1, 0, 1, 0))
)

# Values in tenths or quarters become whole numbers, which coin's exact algorithm sums without rounding.
plain <- function(case) {
  whole <- round(case$values * 20)
  data <- data.frame(
    rating = c(rep(whole, case$x), rep(whole, case$y)),
    group = factor(rep(c("x", "y"), c(sum(case$x), sum(case$y))))
  )
  p <- function(alternative) {
    as.numeric(pvalue(oneway_test(rating ~ group, data, distribution = exact(algorithm = "shift"),
                                  alternative = alternative)))
  }
  c(case, list(below = p("less"), above = p("greater"), two_sided = p("two.sided")))
}

split_cases <- list(
  list(values = c(0, 0.5, 1), x = c(1, 2, 5), y = c(4, 3, 2)),
  list(values = c(0, 0.5, 1), x = c(0, 0, 4), y = c(2, 7, 3)),
  list(values = c(0, 0.5, 1), x = c(1, 9, 4), y = c(1, 0, 3)),
  list(values = c(0, 0.5, 1), x = c(0, 0, 5), y = c(5, 0, 0)),
  list(values = (0:4) / 4, x = c(0, 1, 1, 3, 2), y = c(2, 1, 3, 1, 1)),
  list(values = (0:10) / 10, x = c(0, 0, 1, 0, 0, 1, 0, 1, 2, 0, 3), y = c(1, 0, 0, 2, 0, 1, 0, 1, 0, 1, 0))
)
NULLS <- c(-0.3, 0, 0.1, 0.25)
TAILS <- c(0.05, 0.01)

pivot <- function(x, y, null) {
  all <- c(x, y)
  square <- function(z) sum((z - mean(z))^2)
  one <- square(all) / (length(all) - 1)
  (mean(x) - mean(y) - null) / sqrt((square(x) + one) / length(x)^2 + (square(y) + one) / length(y)^2)
}

# The null values at which a p-value that grows along them reaches `tail`, to within 1e-14.
reaches <- function(p, tail, from, to) {
  for (i in 1:60) {
    middle <- (from + to) / 2
    if (p(middle) >= tail * (1 - NEAR)) to <- middle else from <- middle
  }
  (from + to) / 2
}

split_rows <- function(case) {
  x <- rep(case$values, case$x)
  y <- rep(case$values, case$y)
  all <- c(x, y)
  splits <- combn(length(all), length(x))
  t <- apply(splits, 2, function(i) pivot(all[i], all[-i], 0))
  above <- function(null) { at <- pivot(x, y, null); mean(t >= at - NEAR * (1 + abs(at))) }
  below <- function(null) { at <- pivot(x, y, null); mean(t <= at + NEAR * (1 + abs(at))) }
  # Beyond the pivot of every split the p-value is that of one split.
  floor <- 1 / ncol(splits)
  d <- mean(x) - mean(y)
  limits <- lapply(TAILS, function(tail) {
    if (floor >= tail) return(c(-1, 1))
    c(reaches(above, tail, -9, d + 9), -reaches(function(null) below(-null), tail, -d - 9, 9))
  })
  c(case, list(
    nulls = NULLS, below = pmax(floor, sapply(NULLS, below)), above = pmax(floor, sapply(NULLS, above)),
    tails = TAILS, limits = lapply(limits, function(limit) pmin(1, pmax(-1, limit)))
  ))
}

flip_cases <- list(
  list(values = c(-1, -0.5, 0, 0.5, 1), counts = c(1, 2, 3, 4, 2)),
  list(values = c(-1, -0.5, 0, 0.5, 1), counts = c(0, 0, 5, 3, 1)),
  list(values = c(-1, 0, 1), counts = c(2, 1, 9)),
  list(values = c(-1, -0.5, 0, 0.5, 1), counts = c(0, 1, 0, 2, 0)),
  list(values = (-10:10) / 10, counts = c(0, 0, 0, 1, 0, 0, 0, 1, 0, 2, 1, 1, 0, 2, 0, 1, 0, 0, 0, 1, 0)),
  list(values = c(-0.8, -0.31, 0.02, 0.47, 0.9), counts = c(2, 1, 3, 2, 2))
)

flip_rows <- function(case) {
  d <- rep(case$values, case$counts)
  signs <- as.matrix(expand.grid(rep(list(c(1, -1)), length(d))))
  above <- function(null) mean(signs %*% (d - null) >= sum(d - null) - NEAR)
  below <- function(null) mean(signs %*% (d - null) <= sum(d - null) + NEAR)
  ends <- range(case$values)
  floor <- 1 / nrow(signs)
  limits <- lapply(TAILS, function(tail) {
    if (floor >= tail) return(ends)
    c(reaches(above, tail, ends[1] - 1, ends[2] + 1),
      -reaches(function(null) below(-null), tail, -ends[2] - 1, 1 - ends[1]))
  })
  c(case, list(
    nulls = NULLS, below = sapply(NULLS, below), above = sapply(NULLS, above), tails = TAILS, limits = limits
  ))
}

# oneway_test within pairs: exchanging the two ratings of a respondent flips the sign of the difference.
pair_cases <- list(
  list(values = c(-1, -0.5, 0, 0.5, 1), counts = c(1, 2, 3, 4, 2)),
  list(values = c(-1, -0.5, 0, 0.5, 1), counts = c(6, 15, 10, 22, 16)),
  list(values = c(-1, 0, 1), counts = c(12, 30, 25))
)

pairs <- function(case) {
  whole <- rep(round(case$values * 2), case$counts)
  n <- length(whole)
  data <- data.frame(
    rating = c(pmax(whole, 0), pmax(-whole, 0)), wave = factor(rep(c("second", "a first"), each = n),
                                                               levels = c("second", "a first")),
    person = factor(rep(seq_len(n), 2))
  )
  p <- function(alternative) {
    as.numeric(pvalue(oneway_test(rating ~ wave | person, data, distribution = exact(algorithm = "shift"),
                                  alternative = alternative)))
  }
  c(case, list(below = p("less"), above = p("greater"), two_sided = p("two.sided")))
}

out <- list(
  made_by = "tests/oracles/make/permutation.R", r_version = R.version.string,
  coin_version = as.character(packageVersion("coin")),
  plain = lapply(plain_cases, plain), splits = lapply(split_cases, split_rows),
  flips = lapply(flip_cases, flip_rows), pairs = lapply(pair_cases, pairs)
)
writeLines(toJSON(out, auto_unbox = TRUE, digits = I(15), pretty = 1), commandArgs(trailingOnly = TRUE)[1])
