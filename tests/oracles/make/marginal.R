# Makes tests/oracles/data/marginal_r.json: tests of marginal homogeneity and sign tests, by coin and base R.
#
#     Rscript tests/oracles/make/marginal.R tests/oracles/data/marginal_r.json
#
# coin::mh_test is the test of Stuart and Maxwell, asymptotic; its degrees of freedom are the rank of a covariance, so
# that levels nobody chose are no trouble. Bhapkar's Wald statistic is written out below: n d' V^-1 d with the
# covariance V of the multinomial differences d of the margins, by a generalised inverse. mcnemar.test and binom.test
# are R's own.

suppressMessages({
  library(coin)
  library(MASS)
  library(jsonlite)
})

tables <- list(
  nps = matrix(c(12, 5, 3, 4, 30, 9, 1, 6, 30), 3, byrow = TRUE),
  # Unaided distance vision of the right and the left eye of 7,477 women: Grizzle, Starmer & Koch (1969), p. 493.
  vision = matrix(c(
    1520, 266, 124, 66, 234, 1512, 432, 78, 117, 362, 1772, 205, 36, 82, 179, 492
  ), 4, byrow = TRUE),
  two_levels = matrix(c(150, 86, 794, 570), 2),
  lopsided = matrix(c(2, 9, 14, 0, 20, 31, 1, 2, 50), 3, byrow = TRUE),
  unused_level = matrix(c(7, 3, 0, 8, 1, 9, 0, 2, 0, 0, 0, 0, 4, 1, 0, 6), 4, byrow = TRUE),
  level_of_stayers = matrix(c(7, 3, 0, 8, 1, 9, 0, 2, 0, 0, 5, 0, 4, 1, 0, 6), 4, byrow = TRUE),
  two_sets = matrix(c(5, 9, 0, 0, 2, 4, 0, 0, 0, 0, 6, 1, 0, 0, 7, 3), 4, byrow = TRUE),
  seven_levels = outer(1:7, 1:7, function(i, j) (5 * i + 3 * j + i * j) %% 11 + (i == j) * 10)
)

homogeneity <- function(table) {
  named <- as.table(table)
  dimnames(named) <- list(first = letters[seq_len(nrow(table))], second = letters[seq_len(nrow(table))])
  # A level that nobody leaves or reaches has no variance, which mh_test says and handles.
  test <- suppressWarnings(mh_test(named))
  n <- sum(table)
  p <- table / n
  d <- rowSums(p) - colSums(p)
  v <- diag(rowSums(p) + colSums(p)) - p - t(p) - d %o% d
  result <- list(
    table = table, statistic = as.numeric(statistic(test)), df = as.integer(test@statistic@df),
    pvalue = as.numeric(pvalue(test)), bhapkar = as.numeric(n * t(d) %*% ginv(v) %*% d)
  )
  if (nrow(table) == 2) result$mcnemar <- unname(mcnemar.test(table, correct = FALSE)$statistic)
  result
}

pairs <- list(
  c(0, 0), c(1, 0), c(0, 6), c(17, 11), c(5, 5), c(86, 150), c(40, 20), c(812, 790), c(300, 100), c(1000, 3),
  c(50000, 49000), c(500000, 480000)
)

sign <- function(pair) {
  one <- function(alternative) {
    if (sum(pair) == 0) 1 else binom.test(pair[1], sum(pair), 0.5, alternative = alternative)$p.value
  }
  list(
    up = pair[1], down = pair[2], two_sided = one("two.sided"), less = one("less"), greater = one("greater")
  )
}

out <- list(
  made_by = "tests/oracles/make/marginal.R", r_version = R.version.string,
  coin_version = as.character(packageVersion("coin")), mass_version = as.character(packageVersion("MASS")),
  homogeneity = lapply(tables, homogeneity), sign = lapply(pairs, sign)
)
writeLines(toJSON(out, auto_unbox = TRUE, digits = I(15), pretty = 1), commandArgs(trailingOnly = TRUE)[1])
