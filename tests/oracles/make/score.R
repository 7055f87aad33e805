# Makes tests/oracles/data/score_r.json: score tests and intervals, by base R and by formulas written out here.
#
#     Rscript tests/oracles/make/score.R tests/oracles/data/score_r.json
#
# prop.test and mcnemar.test are R's own. The others maximise the multinomial likelihood at a fixed mean through
# its dual (one root in lambda, Owen 2001, section 2.9), and the two-sample likelihood through a second root over
# the first group's mean; limits are roots of the statistic in the null value. Values are on the scale 0-1.

TOL <- 1e-13

root <- function(f, low, high) uniroot(f, c(low, high), tol = TOL, maxiter = 10000)$root

# Restricted shares at mean theta; an empty end takes mass if nothing else reaches theta.
restricted <- function(counts, values, theta) {
  n <- sum(counts)
  seen <- counts > 0
  w <- counts / n
  slope <- function(lambda) sum((w * (values - theta) / (1 + lambda * (values - theta)))[seen])
  low <- -1 / (max(values) - theta)
  high <- 1 / (theta - min(values))
  edge <- (high - low) * 1e-12
  k <- length(values)
  if (!seen[1] && slope(high) >= 0) {
    lambda <- high
    p <- ifelse(seen, w / (1 + lambda * (values - theta)), 0)
    p[1] <- 1 - sum(p)
  } else if (!seen[k] && slope(low) <= 0) {
    lambda <- low
    p <- ifelse(seen, w / (1 + lambda * (values - theta)), 0)
    p[k] <- 1 - sum(p)
  } else {
    lambda <- root(slope, if (seen[k]) low + edge else low, if (seen[1]) high - edge else high)
    p <- w / (1 + lambda * (values - theta))
  }
  list(p = p, lambda = lambda, n = n)
}

moments <- function(arm, values) {
  m <- sum(arm$p * values)
  c(sum(arm$p * (values - m)^2), sum(arm$p * (values - m)^3))
}

corrected_for_skewness <- function(s, a) if (abs(a) < 1e-12) s else (-1 + sqrt(1 + 4 * a * (a + s))) / (2 * a)

one_sample <- function(counts, values, null, skewness) {
  estimate <- sum(counts * values) / sum(counts)
  arm <- restricted(counts, values, null)
  mu <- moments(arm, values)
  if (!skewness) return((estimate - null) / sqrt(mu[1] / arm$n))
  v <- mu[1] / (arm$n - 1)
  corrected_for_skewness((estimate - null) / sqrt(v), mu[2] / arm$n^2 / (6 * v^1.5))
}

two_sample <- function(x, y, values, null, skewness) {
  difference <- sum(x * values) / sum(x) - sum(y * values) / sum(y)
  low <- max(min(values), min(values) + null)
  high <- min(max(values), max(values) + null)
  edge <- (high - low) * 1e-11
  # The derivative of the profile likelihood of a mean is n lambda.
  slope <- function(t) {
    sum(x) * restricted(x, values, t)$lambda + sum(y) * restricted(y, values, t - null)$lambda
  }
  t <- root(slope, low + edge, high - edge)
  a <- restricted(x, values, t)
  b <- restricted(y, values, t - null)
  ma <- moments(a, values)
  mb <- moments(b, values)
  if (!skewness) return((difference - null) / sqrt(ma[1] / a$n + mb[1] / b$n))
  v <- ma[1] / (a$n - 1) + mb[1] / (b$n - 1)
  third <- ma[2] / a$n^2 - mb[2] / b$n^2
  corrected_for_skewness((difference - null) / sqrt(v), third / (6 * v^1.5))
}

limits <- function(statistic, estimate, bounds, level) {
  z <- qnorm((1 + level) / 2)
  edge <- 1e-5
  c(
    root(function(d) statistic(d) - z, bounds[1] + edge, estimate - edge),
    root(function(d) statistic(d) + z, estimate + edge, bounds[2] - edge)
  )
}

wilson <- list()
for (case in list(c(3, 10), c(0, 8), c(57, 60), c(1234, 5000))) {
  for (level in c(0.9, 0.95, 0.99)) {
    test <- suppressWarnings(prop.test(case[1], case[2], conf.level = level, correct = FALSE))
    wilson[[length(wilson) + 1]] <- list(
      top = case[1], n = case[2], level = level, low = test$conf.int[1], high = test$conf.int[2]
    )
  }
}

pooled <- lapply(list(c(15, 40, 7, 35), c(3, 9, 0, 12), c(900, 1000, 1650, 2000)), function(case) {
  test <- suppressWarnings(prop.test(case[c(1, 3)], case[c(2, 4)], correct = FALSE))
  list(
    top = case[c(1, 3)], n = case[c(2, 4)],
    chi2 = unname(test$statistic), pvalue = test$p.value
  )
})

mcnemar <- lapply(list(c(6, 139, 16), c(1, 13, 7), c(45, 30, 25), c(5, 0, 1)), function(case) {
  test <- mcnemar.test(matrix(c(case[2], case[3], case[1], 0), 2), correct = FALSE)
  list(promoters = case[1], passives = case[2], detractors = case[3],
       chi2 = unname(test$statistic), pvalue = test$p.value)
})

one <- lapply(list(
  list(counts = c(7, 13, 1), values = c(0, 0.5, 1)),
  list(counts = c(20, 40, 40), values = c(0, 0.5, 1)),
  list(counts = c(0, 3, 9), values = c(0, 0.5, 1)),
  list(counts = c(2, 0, 11), values = c(0, 0.5, 1)),
  list(counts = c(4, 9, 2), values = c(0, 0.8, 1)),
  list(counts = c(1, 0, 2, 5, 4), values = (0:4) / 4),
  list(counts = c(0, 0, 2, 5, 0), values = (0:4) / 4),
  list(counts = c(3, 0, 1, 0, 0, 4, 2, 5, 9, 6, 8), values = (0:10) / 10)
), function(case) {
  estimate <- sum(case$counts * case$values) / sum(case$counts)
  null <- 0.4
  c(case, list(
    null = null,
    plain = one_sample(case$counts, case$values, null, FALSE),
    corrected = one_sample(case$counts, case$values, null, TRUE),
    plain_limits = limits(function(d) one_sample(case$counts, case$values, d, FALSE), estimate, c(0, 1), 0.95),
    corrected_limits = limits(function(d) one_sample(case$counts, case$values, d, TRUE), estimate, c(0, 1), 0.95)
  ))
})

two <- lapply(list(
  list(x = c(10, 35, 55), y = c(20, 40, 40), values = c(0, 0.5, 1)),
  list(x = c(1, 3, 6), y = c(7, 13, 1), values = c(0, 0.5, 1)),
  list(x = c(0, 4, 8), y = c(30, 100, 70), values = c(0, 0.5, 1)),
  list(x = c(5, 0, 5), y = c(2, 1, 0), values = c(0, 0.5, 1)),
  list(x = c(6, 9), y = c(20, 8), values = c(0, 1)),
  list(x = c(1, 0, 2, 5, 4), y = c(3, 3, 0, 1, 0), values = (0:4) / 4),
  list(x = c(3, 0, 1, 0, 0, 4, 2, 5, 9, 6, 8), y = c(0, 0, 0, 1, 0, 2, 0, 0, 3, 3, 1), values = (0:10) / 10)
), function(case) {
  difference <- sum(case$x * case$values) / sum(case$x) - sum(case$y * case$values) / sum(case$y)
  statistic <- function(skewness) function(d) two_sample(case$x, case$y, case$values, d, skewness)
  c(case, list(
    plain = statistic(FALSE)(0),
    corrected = statistic(TRUE)(0),
    plain_limits = limits(statistic(FALSE), difference, c(-1, 1), 0.95),
    corrected_limits = limits(statistic(TRUE), difference, c(-1, 1), 0.95)
  ))
})

made <- list(
  made_by = "tests/oracles/make/score.R", r_version = R.version.string,
  wilson = wilson, pooled = pooled, mcnemar = mcnemar, one_sample = one, two_sample = two
)
file <- commandArgs(trailingOnly = TRUE)[1]
writeLines(jsonlite::toJSON(made, auto_unbox = TRUE, digits = I(15), pretty = 1), file)
