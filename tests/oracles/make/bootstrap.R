# Makes tests/oracles/data/bootstrap_r.json: bootstrap limits of mean scores, by R's package boot.
#
#     Rscript tests/oracles/make/bootstrap.R tests/oracles/data/bootstrap_r.json
#
# Rows are resampled 99,999 times. boot.ci gives the percentile, basic, studentised and BCa limits; the empirical
# influence values of boot::empinf give the acceleration without simulation. The studentised limits take the variance
# with one respondent more at each end of the scale. boot.ci takes z0 from P(t < t0) alone; `bca_mid` is its
# formula, with z0 from P(t < t0) + P(t = t0) / 2.

suppressMessages({
  library(boot)
  library(jsonlite)
})

R <- 99999
LEVEL <- 0.95

cases <- list(
  list(values = c(-1, 0, 1), counts = c(2, 3, 5)),
  list(values = c(-1, 0, 1), counts = c(1, 7, 22)),
  list(values = c(-1, 0, 1), counts = c(30, 50, 120)),
  list(values = c(0, 1), counts = c(31, 19)),
  list(values = c(1, 2, 3, 4, 5), counts = c(1, 2, 4, 9, 14)),
  list(values = 0:10, counts = c(3, 1, 1, 2, 2, 6, 5, 11, 17, 9, 13))
)

one <- function(case) {
  rows <- rep(case$values, case$counts)
  ends <- range(case$values)
  n <- length(rows)
  variance <- function(x) {
    more <- c(x, ends)
    mean((more - mean(more))^2) / n
  }
  set.seed(20260101)
  drawn <- boot(rows, function(x, i) c(mean(x[i]), variance(x[i])), R = R)
  limits <- boot.ci(drawn, conf = LEVEL, type = c("basic", "stud", "perc", "bca"))
  influence <- empinf(data = rows, statistic = function(x, w) sum(x * w), stype = "w", type = "inf")
  a <- sum(influence^3) / (6 * sum(influence^2)^1.5)
  t <- drawn$t[, 1]
  near <- 1e-9
  below <- mean(t < drawn$t0[1] - near)
  equal <- mean(abs(t - drawn$t0[1]) <= near)
  z0 <- qnorm(below + equal / 2)
  z <- z0 + qnorm(c((1 - LEVEL) / 2, (1 + LEVEL) / 2))
  mid <- quantile(t, pnorm(z0 + z / (1 - a * z)), type = 1, names = FALSE)
  list(
    values = case$values, counts = case$counts, score = drawn$t0[1], below = below, equal = equal, acceleration = a,
    percentile = limits$percent[4:5], basic = limits$basic[4:5], student = limits$student[4:5],
    bca = limits$bca[4:5], bca_mid = mid
  )
}

out <- list(
  made_by = "tests/oracles/make/bootstrap.R", r_version = R.version.string,
  boot_version = as.character(packageVersion("boot")),
  resamples = R, level = LEVEL, cases = lapply(cases, one)
)
writeLines(toJSON(out, auto_unbox = TRUE, digits = I(15), pretty = 1), commandArgs(trailingOnly = TRUE)[1])
