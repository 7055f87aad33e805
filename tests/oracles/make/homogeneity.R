# Makes tests/oracles/data/homogeneity_r.json: tests of several groups, by base R, coin, and by formulas written out.
#
#     Rscript tests/oracles/make/homogeneity.R tests/oracles/data/homogeneity_r.json
#
# oneway.test, kruskal.test and chisq.test are R's own, kruskal_test and chisq_test those of coin. The score and the
# likelihood-ratio statistic of a common mean maximise the multinomial likelihood of each group at a fixed mean through
# its dual (one root in lambda, Owen 2001, section 2.9), and that of all through a second root over the mean.

suppressPackageStartupMessages(library(coin))

TOL <- 1e-14

root <- function(f, low, high) uniroot(f, c(low, high), tol = TOL, maxiter = 10000)$root

# Restricted shares at mean t; an empty end takes mass if nothing else reaches t.
restricted <- function(counts, values, t) {
  n <- sum(counts)
  seen <- counts > 0
  w <- counts / n
  slope <- function(lambda) sum((w * (values - t) / (1 + lambda * (values - t)))[seen])
  low <- -1 / (max(values) - t)
  high <- 1 / (t - min(values))
  edge <- (high - low) * 1e-13
  k <- length(values)
  if (!seen[1] && slope(high) >= 0) {
    lambda <- high
    p <- ifelse(seen, w / (1 + lambda * (values - t)), 0)
    p[1] <- 1 - sum(p)
  } else if (!seen[k] && slope(low) <= 0) {
    lambda <- low
    p <- ifelse(seen, w / (1 + lambda * (values - t)), 0)
    p[k] <- 1 - sum(p)
  } else {
    lambda <- root(slope, if (seen[k]) low + edge else low, if (seen[1]) high - edge else high)
    p <- w / (1 + lambda * (values - t))
  }
  list(p = p, lambda = lambda)
}

common_mean <- function(table, values) {
  n <- rowSums(table)
  means <- as.vector(table %*% values) / n
  slope <- function(t) sum(n * apply(table, 1, function(counts) restricted(counts, values, t)$lambda))
  edge <- diff(range(means)) * 1e-9
  t <- root(slope, min(means) + edge, max(means) - edge)
  p <- t(apply(table, 1, function(counts) restricted(counts, values, t)$p))
  variance <- as.vector(p %*% (values - t)^2)
  w <- table / n
  list(
    score = sum(n * (means - t)^2 / variance),
    likelihood = 2 * sum(ifelse(table > 0, table * log(w / p), 0))
  )
}

cases <- list(
  nps_2 = list(table = rbind(c(20, 40, 40), c(10, 35, 55)), values = c(0, 0.5, 1)),
  nps_3 = list(table = rbind(c(10, 60, 30), c(2, 70, 28), c(25, 30, 45)), values = c(0, 0.5, 1)),
  nps_5 = list(
    table = rbind(c(3, 4, 5), c(1, 9, 2), c(30, 50, 90), c(6, 1, 8), c(0, 7, 4)), values = c(0, 0.5, 1)
  ),
  shares_4 = list(table = rbind(c(5, 15), c(9, 31), c(2, 28), c(40, 60)), values = c(0, 1)),
  uneven_3 = list(table = rbind(c(4, 9, 2), c(3, 3, 3), c(8, 2, 1)), values = c(0, 0.8, 1)),
  five_3 = list(
    table = rbind(c(1, 0, 2, 5, 4), c(0, 3, 3, 1, 0), c(2, 2, 9, 6, 0)), values = (0:4) / 4
  ),
  eleven_4 = list(
    table = rbind(
      c(3, 0, 1, 0, 0, 4, 2, 5, 9, 6, 8), c(0, 0, 0, 1, 0, 2, 0, 1, 3, 3, 1),
      c(10, 2, 3, 5, 8, 20, 12, 30, 44, 31, 40), c(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
    ),
    values = (0:10) / 10
  )
)

solved <- lapply(cases, function(case) {
  table <- case$table
  k <- nrow(table)
  group <- factor(rep(rep(1:k, ncol(table)), as.vector(table)))
  level <- rep(rep(seq_len(ncol(table)), each = k), as.vector(table))
  value <- case$values[level]
  welch <- oneway.test(value ~ group, var.equal = FALSE)
  kruskal <- kruskal.test(level, group)
  pearson <- suppressWarnings(chisq.test(table[, colSums(table) > 0], correct = FALSE))
  coin_kruskal <- kruskal_test(level ~ group)
  coin_pearson <- chisq_test(as.table(table[, colSums(table) > 0]))
  c(case, common_mean(table, case$values), list(
    welch = unname(welch$statistic), welch_df = unname(welch$parameter), welch_p = welch$p.value,
    kruskal = unname(kruskal$statistic), kruskal_p = kruskal$p.value,
    pearson = unname(pearson$statistic), pearson_df = unname(pearson$parameter), pearson_p = pearson$p.value,
    coin_kruskal = as.numeric(statistic(coin_kruskal)), coin_kruskal_p = as.numeric(pvalue(coin_kruskal)),
    coin_pearson = as.numeric(statistic(coin_pearson))
  ))
})

made <- list(
  made_by = "tests/oracles/make/homogeneity.R", r_version = R.version.string,
  coin_version = as.character(packageVersion("coin")), cases = solved
)
file <- commandArgs(trailingOnly = TRUE)[1]
writeLines(jsonlite::toJSON(made, auto_unbox = TRUE, digits = I(15), pretty = 1), file)
