# Makes tests/oracles/data/decomposition_r.json: mix and rate of a change of NPS in designed samples, by R's survey.
#
#     Rscript tests/oracles/make/decomposition.R tests/oracles/data/decomposition_r.json
#
# The rows are drawn here and stored, column by column. The totals of all cells of year, segment and category come from
# svytotal; the contributions, written as expressions of these totals, and their covariance matrix from svycontrast,
# which differentiates them symbolically (delta method). Segment "new" has no rows in the first year. For each segment
# there are mix and rate through promoters and through detractors, in this order; the covariance is stored as its lower
# triangle, row by row.

suppressMessages({
  library(survey)
  library(jsonlite)
})

YEARS <- c(2024, 2025)
SEGMENTS <- c("east", "new", "south")

rows_of <- function(n) {
  cluster <- sample(1:24, n, TRUE)
  year <- sample(YEARS, n, TRUE)
  segment <- ifelse(runif(n) < ifelse(year == 2024, 0.6, 0.4), "east", "south")
  segment <- ifelse(year == 2025 & runif(n) < 0.2, "new", segment)
  level <- c(east = 7, new = 8.5, south = 8.8)[segment] - 0.4 * (year == 2025) + rnorm(24)[cluster]
  rating <- pmin(10, pmax(0, round(level + rnorm(n, 0, 2))))
  data.frame(
    year, segment, rating, cluster, stratum = (cluster - 1) %% 3 + 1, weight = round(rgamma(n, 5) / 5 + 0.1, 4)
  )
}

text <- function(...) paste0("(", paste0(..., collapse = ""), ")")
sum_of <- function(names) text(paste(names, collapse = "+"))

contributions <- function(rows) {
  there <- function(y, s, k) {
    name <- paste("cell", y, s, k, sep = "")
    if (any(rows$year == y & rows$segment == s & rows$category == k)) name else "0"
  }
  size <- function(y, s) sum_of(sapply(c("d", "p", "q"), function(k) there(y, s, k)))
  all <- function(y) sum_of(sapply(SEGMENTS, function(s) size(y, s)))
  # Values: 100 for promoters (q), -100 for detractors (d); each part has one of them.
  total <- function(y, s, k) text(if (k == "q") "100*" else "(-100)*", there(y, s, k))
  weight <- function(y, s) text(size(y, s), "/", all(y))
  score <- function(y, s, k) text(total(y, s, k), "/", size(y, s))
  centre <- function(k) {
    means <- sapply(YEARS, function(y) text(sum_of(sapply(SEGMENTS, function(s) total(y, s, k))), "/", all(y)))
    text("0.5*", sum_of(means))
  }
  found <- list()
  for (s in SEGMENTS) {
    new <- !any(rows$year == YEARS[1] & rows$segment == s)
    for (k in c("q", "d")) {
      found[[paste(s, "mix", k)]] <- if (new) {
        text(weight(YEARS[2], s), "*(", score(YEARS[2], s, k), "-", centre(k), ")")
      } else {
        text("(", weight(YEARS[2], s), "-", weight(YEARS[1], s), ")*(0.5*(", score(YEARS[1], s, k), "+",
             score(YEARS[2], s, k), ")-", centre(k), ")")
      }
    }
    for (k in c("q", "d")) {
      found[[paste(s, "rate", k)]] <- if (new) {
        text("0*", all(YEARS[1]))
      } else {
        text("0.5*(", weight(YEARS[1], s), "+", weight(YEARS[2], s), ")*(", score(YEARS[2], s, k), "-",
             score(YEARS[1], s, k), ")")
      }
    }
  }
  lapply(found, function(one) parse(text = one)[[1]])
}

case <- function(name, rows, design, arguments) {
  totals <- svytotal(~cell, design)
  names(totals) <- make.names(names(totals))
  found <- svycontrast(totals, contributions(rows))
  covariance <- vcov(found)
  list(
    name = name, arguments = arguments, contributions = unname(coef(found)),
    covariance = t(covariance)[upper.tri(t(covariance), diag = TRUE)]
  )
}

set.seed(20261123)
rows <- rows_of(420)
rows$category <- ifelse(rows$rating >= 9, "q", ifelse(rows$rating <= 6, "d", "p"))
rows$cell <- factor(paste0(rows$year, rows$segment, rows$category))
cases <- list(
  case("weighted", rows, svydesign(ids = ~1, weights = ~weight, data = rows), list(weight = "weight")),
  case("clustered", rows, svydesign(ids = ~cluster, weights = ~weight, data = rows),
       list(weight = "weight", cluster = "cluster")),
  case("stratified", rows, svydesign(ids = ~cluster, strata = ~stratum, weights = ~weight, data = rows),
       list(weight = "weight", cluster = "cluster", strata = "stratum"))
)
stored <- rows[c("year", "segment", "rating", "cluster", "stratum", "weight")]
made <- list(
  versions = list(R = R.version.string, survey = as.character(packageVersion("survey"))),
  rows = as.list(stored), cases = cases
)
write(toJSON(made, digits = NA, auto_unbox = TRUE), commandArgs(trailingOnly = TRUE)[1])
