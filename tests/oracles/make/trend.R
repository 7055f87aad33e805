# Makes tests/oracles/data/trend_r.json: weighted least squares of period scores on time, by base R.
#
#     Rscript tests/oracles/make/trend.R tests/oracles/data/trend_r.json
#
# lm, its summary, predict and anova are R's own. The weights n / v come from two more calls of lm: the mean and the
# second moment of the values on time, with the weights n; v = second moment - mean^2, at least a tenth of the variance
# of all answers, times N / (N - 2). Scores are in points, times in years.

values <- c(-100, 0, 100)

variances <- function(counts, time) {
  n <- rowSums(counts)
  mean1 <- as.vector(counts %*% values) / n
  mean2 <- as.vector(counts %*% values^2) / n
  v <- unname(fitted(lm(mean2 ~ time, weights = n)) - fitted(lm(mean1 ~ time, weights = n))^2)
  total <- colSums(counts)
  pooled <- sum(total * values^2) / sum(n) - (sum(total * values) / sum(n))^2
  pmax(v, pooled / 10) * sum(n) / (sum(n) - 2)
}

line <- function(case) {
  counts <- case$counts
  n <- rowSums(counts)
  score <- as.vector(counts %*% values) / n
  middle <- (min(case$time) + max(case$time)) / 2
  frame <- data.frame(score = score, t = case$time - middle)
  w <- n / variances(counts, case$time)
  if (is.null(case$season)) {
    fit <- lm(score ~ t, data = frame, weights = w)
    season_f <- season_p <- NULL
  } else {
    frame$s <- factor(case$season)
    contrasts(frame$s) <- contr.sum(nlevels(frame$s))
    fit <- lm(score ~ t + s, data = frame, weights = w)
    test <- anova(lm(score ~ t, data = frame, weights = w), fit)
    season_f <- test$F[2]
    season_p <- test$`Pr(>F)`[2]
  }
  band <- predict(fit, interval = "confidence", level = 0.95)
  table <- coef(summary(fit))
  list(
    counts = counts, time = case$time, season = case$season, weights = w,
    names = rownames(table), estimate = unname(table[, 1]), standard_error = unname(table[, 2]),
    statistic = unname(table[, 3]), pvalue = unname(table[, 4]),
    low = unname(confint(fit)[, 1]), high = unname(confint(fit)[, 2]),
    sigma2 = summary(fit)$sigma^2, df = df.residual(fit), season_f = season_f, season_p = season_p,
    fitted = unname(band[, 1]), fitted_low = unname(band[, 2]), fitted_high = unname(band[, 3])
  )
}

set.seed(20240315)

# Promoters and detractors move along with time; periods differ by more than chance.
made_up <- function(n, time, shift, wobble) {
  t(sapply(seq_along(n), function(i) {
    move <- shift * (time[i] - time[1]) + rnorm(1, 0, wobble)
    p <- pmin(pmax(c(0.25 - move / 2, 0.3, 0.45 + move / 2), 0.02), 1)
    as.vector(rmultinom(1, n[i], p / sum(p)))
  }))
}

quarters <- 2022 + (0:11 + 0.5) / 4
months <- 2021 + (0:35 + 0.5) / 12
waves <- c(2019.2, 2019.9, 2020.4, 2022.1, 2022.3, 2023.8, 2024.0)
cases <- list(
  list(counts = made_up(rep(200, 12), quarters, 0.05, 0.1), time = quarters),
  list(counts = made_up(c(40, 400, 60, 90, 900, 35, 70), waves, -0.04, 0.15), time = waves),
  list(counts = made_up(rep(c(300, 80, 150, 220), 3), quarters, 0.05, 0.1), time = quarters, season = rep(1:4, 3)),
  list(counts = made_up(rpois(36, 30) + 1, months, 0.08, 0.2), time = months, season = rep(1:12, 3)),
  list(counts = made_up(rpois(36, 2) + 1, months, 0.1, 0.3), time = months, season = rep(rep(1:4, each = 3), 3))
)

made <- list(made_by = "tests/oracles/make/trend.R", r_version = R.version.string, cases = lapply(cases, line))
file <- commandArgs(trailingOnly = TRUE)[1]
writeLines(jsonlite::toJSON(made, auto_unbox = TRUE, digits = I(15), pretty = 1), file)
