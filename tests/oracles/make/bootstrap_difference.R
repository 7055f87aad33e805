# Makes tests/oracles/data/bootstrap_difference_r.json: bootstrap limits of differences of two mean scores, by R's
# package boot.
#
#     Rscript tests/oracles/make/bootstrap_difference.R tests/oracles/data/bootstrap_difference_r.json
#
# Rows are resampled 99,999 times within each group (`strata`). boot.ci gives the percentile and BCa limits; the
# empirical influence values of boot::empinf, stratified likewise, give the acceleration without simulation: of a
# weighted mean difference, whose weights sum to 1 within each stratum, the value of a row is its deviation from the
# mean of its group, with the sign of the group. They enter moments divided by the size of the group (Davison &
# Hinkley 1997), as in boot::var.linear. boot.ci adds them up undivided, which is the same only for groups of one
# size, and takes z0 from P(t < t0) alone; so its limits `bca` are for the record. `bca_mid` is its formula with the
# acceleration of both samples and with z0 from P(t < t0) + P(t = t0) / 2.

suppressMessages({
  library(boot)
  library(jsonlite)
})

R <- 99999
LEVEL <- 0.95

cases <- list(
  list(values = c(-1, 0, 1), counts = list(c(2, 3, 5), c(3, 3, 2))),
  list(values = c(-1, 0, 1), counts = list(c(1, 7, 22), c(6, 4, 5))),
  list(values = c(-1, 0, 1), counts = list(c(30, 50, 120), c(9, 20, 8))),
  list(values = c(0, 1), counts = list(c(31, 19), c(2, 21))),
  list(values = c(1, 2, 3, 4, 5), counts = list(c(1, 2, 4, 9, 14), c(7, 5, 5, 3, 2))),
  list(values = 0:10, counts = list(c(3, 1, 1, 2, 2, 6, 5, 11, 17, 9, 13), c(0, 0, 1, 0, 2, 1, 3, 4, 9, 8, 12)))
)

acceleration_of <- function(influence, n) {
  l <- influence / n
  sum(l^3) / (6 * sum(l^2)^1.5)
}

one <- function(case) {
  rows <- unlist(lapply(case$counts, function(k) rep(case$values, k)))
  sizes <- vapply(case$counts, sum, 1)
  group <- rep(1:2, sizes)
  set.seed(20260101)
  difference <- function(x, i) {
    drawn <- x[i]
    mean(drawn[group == 1]) - mean(drawn[group == 2])
  }
  drawn <- boot(rows, difference, R = R, strata = group)
  limits <- boot.ci(drawn, conf = LEVEL, type = c("perc", "bca"))
  weighted <- function(x, w) {
    sum(x[group == 1] * w[group == 1]) / sum(w[group == 1]) - sum(x[group == 2] * w[group == 2]) / sum(w[group == 2])
  }
  influence <- empinf(data = rows, statistic = weighted, stype = "w", strata = group, type = "inf")
  a <- acceleration_of(influence, sizes[group])
  t <- drawn$t[, 1]
  near <- 1e-9
  below <- mean(t < drawn$t0 - near)
  equal <- mean(abs(t - drawn$t0) <= near)
  z0 <- qnorm(below + equal / 2)
  z <- z0 + qnorm(c((1 - LEVEL) / 2, (1 + LEVEL) / 2))
  mid <- quantile(t, pnorm(z0 + z / (1 - a * z)), type = 1, names = FALSE)
  list(
    values = case$values, counts = case$counts, difference = drawn$t0, below = below, equal = equal,
    variance = var.linear(influence, strata = group), acceleration = a,
    percentile = limits$percent[4:5], bca = limits$bca[4:5], bca_mid = mid
  )
}

out <- list(
  made_by = "tests/oracles/make/bootstrap_difference.R", r_version = R.version.string,
  boot_version = as.character(packageVersion("boot")),
  resamples = R, level = LEVEL, cases = lapply(cases, one)
)
writeLines(toJSON(out, auto_unbox = TRUE, digits = I(15), pretty = 1), commandArgs(trailingOnly = TRUE)[1])
