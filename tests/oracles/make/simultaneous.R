# Makes tests/oracles/data/simultaneous_r.json: many comparisons at once, by R's packages mvtnorm and multcomp and by
# p.adjust of base R.
#
#     Rscript tests/oracles/make/simultaneous.R tests/oracles/data/simultaneous_r.json
#
# A case has the standard errors of independent groups and a matrix of contrasts. pmvnorm (Genz & Bretz, with
# abseps = 1e-5, a million points at most) gives P(max |Z| >= c) and P(max Z >= c), and its own bound of error;
# Miwa's method, exact to its grid, where there are few rows of full rank; qmvnorm the quantile. multcomp's glht takes
# the estimates and their covariance, and gives single-step adjusted p-values and the quantile of simultaneous
# intervals for Tukey's, Dunnett's and successive contrasts.

suppressMessages({
  library(mvtnorm)
  library(multcomp)
  library(jsonlite)
})

algorithm <- GenzBretz(maxpts = 1e6, abseps = 1e-5, releps = 0)

correlation_of <- function(contrasts, errors) cov2cor(contrasts %*% diag(errors^2) %*% t(contrasts))

tail_of <- function(contrasts, errors, c, sides) {
  rows <- nrow(contrasts)
  set.seed(20260101)
  lower <- if (sides == 2) rep(-c, rows) else rep(-Inf, rows)
  p <- pmvnorm(lower = lower, upper = rep(c, rows), corr = correlation_of(contrasts, errors), algorithm = algorithm)
  list(c = c, sides = sides, tail = 1 - p[1], error = attr(p, "error"))
}

miwa_of <- function(contrasts, errors, c, sides) {
  rows <- nrow(contrasts)
  lower <- if (sides == 2) rep(-c, rows) else rep(-Inf, rows)
  p <- pmvnorm(lower = lower, upper = rep(c, rows), corr = correlation_of(contrasts, errors), algorithm = Miwa(1024))
  list(c = c, sides = sides, tail = 1 - p[1])
}

quantile_of <- function(contrasts, errors, level, sides) {
  set.seed(20260101)
  q <- qmvnorm(level, tail = if (sides == 2) "both.tails" else "lower.tail", corr = correlation_of(contrasts, errors),
    algorithm = GenzBretz(maxpts = 1e5, abseps = 1e-4, releps = 0), ptol = 1e-4)
  list(level = level, sides = sides, quantile = q$quantile)
}

contrasts_of <- function(type, errors, n) {
  groups <- length(errors)
  if (type == "rest") {
    # Each group against all others together, weighted with their numbers.
    weights <- matrix(n, groups, groups, byrow = TRUE)
    diag(weights) <- 0
    return(diag(groups) - weights / rowSums(weights))
  }
  kind <- c(pairs = "Tukey", reference = "Dunnett", successive = "Sequen")[[type]]
  unclass(contrMat(setNames(rep(1, groups), paste0("g", seq_len(groups))), type = kind))[, , drop = FALSE]
}

cases <- list(
  list(type = "pairs", errors = c(1, 2, 0.5)),
  list(type = "pairs", errors = c(1, 1, 1, 1, 3)),
  list(type = "pairs", errors = c(0.7, 1.3, 2.1, 0.4, 1, 1.6)),
  list(type = "reference", errors = c(2, 1, 0.5, 0.25)),
  list(type = "reference", errors = c(0.3, 1, 0.8, 1.7, 0.6, 1.1)),
  list(type = "successive", errors = c(1, 0.2, 3, 1)),
  list(type = "successive", errors = c(1, 1.5, 0.6, 2, 0.9, 1.2, 0.8)),
  list(type = "rest", errors = c(1, 0.8, 1.4, 0.5), n = c(100, 150, 50, 400)),
  list(type = "rest", errors = c(2, 0.7, 1, 1, 0.3, 1.8), n = c(20, 200, 90, 110, 1000, 30))
)

one <- function(case) {
  contrasts <- contrasts_of(case$type, case$errors, case$n)
  tails <- list()
  miwa <- list()
  for (sides in 1:2) for (c in c(1.5, 2.5, 3.3)) {
    tails[[length(tails) + 1]] <- tail_of(contrasts, case$errors, c, sides)
    if (case$type %in% c("reference", "successive") && nrow(contrasts) <= 4) {
      miwa[[length(miwa) + 1]] <- miwa_of(contrasts, case$errors, c, sides)
    }
  }
  quantiles <- list()
  for (sides in 1:2) for (level in 0.95) {
    quantiles[[length(quantiles) + 1]] <- quantile_of(contrasts, case$errors, level, sides)
  }
  groups <- length(case$errors)
  set.seed(20260101)
  estimates <- round(rnorm(groups, sd = 2 * mean(case$errors)), 3)
  model <- parm(setNames(estimates, paste0("g", seq_len(groups))), diag(case$errors^2))
  tested <- list()
  for (alternative in c("two.sided", "less", "greater")) {
    hypotheses <- glht(model, linfct = contrasts, alternative = alternative)
    set.seed(20260101)
    found <- summary(hypotheses, test = adjusted("single-step", maxpts = 1e6, abseps = 1e-5, releps = 0))$test
    tested[[length(tested) + 1]] <- list(
      alternative = sub("\\.", "-", alternative), statistic = unname(found$tstat),
      pvalue = as.numeric(found$pvalues), error = attr(found$pvalues, "error")
    )
  }
  list(
    type = case$type, errors = case$errors, n = case$n, contrasts = unname(contrasts), tails = tails, miwa = miwa,
    quantiles = quantiles, tested = tested
  )
}

families <- list(
  c(0.01, 0.04, 0.03, 0.005), c(0.2, 0.2, 0.2), c(1e-300, 0.9, 1, 0.5, 0.049, 0.051), 0.03,
  c(0.001, NA, 0.02, 0.8, NA, 0.013), (1:20 / 20)^3
)
adjusted_of <- function(p) {
  list(pvalues = p, holm = p.adjust(p, "holm"), `benjamini-hochberg` = p.adjust(p, "BH"))
}

out <- list(
  made_by = "tests/oracles/make/simultaneous.R", r_version = R.version.string,
  mvtnorm_version = as.character(packageVersion("mvtnorm")),
  multcomp_version = as.character(packageVersion("multcomp")),
  cases = lapply(cases, one), adjusted = lapply(families, adjusted_of)
)
writeLines(
  toJSON(out, auto_unbox = TRUE, digits = I(15), pretty = 1, na = "null"), commandArgs(trailingOnly = TRUE)[1]
)
