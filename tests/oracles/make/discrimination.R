# Makes tests/oracles/data/discrimination_r.json: areas under ROC curves of the same respondents, their covariance and
# paired tests by DeLong's method, by R's package pROC.
#
#     Rscript tests/oracles/make/discrimination.R tests/oracles/data/discrimination_r.json
#
# `cells` are respondents by recommend (0-10), csat (1-5), event (0 or 1), drawn here, with their number `n`. `areas` are
# those of recommend, csat, and the classes 0-6, 7-8, 9-10 and 1-3, 4-5, for "a low value goes with the event";
# `covariance` is a matrix in this order. `tests` are the pairs (numbers from 1) with z, p, and the limits `low` and
# `high` of the difference (95 %). `small` has the same of the first 40 respondents.

suppressMessages({
  library(pROC)
  library(jsonlite)
})

set.seed(20260712)
n <- 900
latent <- rnorm(n)
recommend <- pmin(10, pmax(0, round(7.4 + 2 * latent + rnorm(n, 0, 1.2))))
csat <- pmin(5, pmax(1, round(3.7 + 0.7 * latent + rnorm(n, 0, 0.6))))
event <- rbinom(n, 1, plogis(-1.6 - 0.35 * (recommend - 7) - 0.5 * (csat - 3.7)))
rows <- data.frame(recommend, csat, event)

answer <- function(rows) {
  predictors <- list(rows$recommend, rows$csat, findInterval(rows$recommend, c(7, 9)), findInterval(rows$csat, 4))
  curves <- lapply(predictors, function(x) roc(rows$event, x, direction = ">", levels = c(0, 1), quiet = TRUE))
  k <- length(curves)
  covariance <- outer(seq_len(k), seq_len(k), Vectorize(function(i, j) {
    if (i == j) var(curves[[i]], method = "delong") else cov(curves[[i]], curves[[j]], method = "delong")
  }))
  pairs <- combn(k, 2, simplify = FALSE)
  tests <- lapply(pairs, function(pair) {
    found <- roc.test(curves[[pair[1]]], curves[[pair[2]]], method = "delong", paired = TRUE)
    difference <- as.numeric(found$estimate[1] - found$estimate[2])
    error <- difference / as.numeric(found$statistic)
    list(
      pair = pair, z = as.numeric(found$statistic), p = found$p.value,
      low = difference - qnorm(0.975) * error, high = difference + qnorm(0.975) * error
    )
  })
  cells <- aggregate(list(n = rep(1, nrow(rows))), rows, sum)
  list(cells = cells, areas = sapply(curves, function(x) as.numeric(auc(x))), covariance = covariance, tests = tests)
}

out <- c(
  list(made_by = sprintf("R %s, pROC %s", getRversion(), packageVersion("pROC"))),
  answer(rows), list(small = answer(rows[1:40, ]))
)
writeLines(toJSON(out, digits = 17, auto_unbox = TRUE, dataframe = "columns"), commandArgs(TRUE)[1])
