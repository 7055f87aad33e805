# Makes tests/oracles/data/design_tests_r.json: tests of several groups of complex samples, by the R package survey.
#
#     Rscript tests/oracles/make/design_tests.R tests/oracles/data/design_tests_r.json
#
# Rows are drawn with a fixed seed; stored are the estimated proportions of the cells with their covariance, the means
# of the groups with theirs, degrees of freedom, and what svychisq (statistic = "F"), svyranktest and regTermTest (a
# Wald test of svyglm) make of the rows. svyranktest gives tied answers the plain mean of their cumulated weights, row by
# row, which hangs on the order of the rows; here all rows stand twice, the second time in reverse, so that this mean
# is the middle of their ranks whatever the order.

suppressPackageStartupMessages({
  library(survey)
  library(jsonlite)
})

# Answers of clusters that differ in level; some ratings never occur.
draw <- function(seed, n, groups, clusters, strata, levels, weighted, recurring, drop = integer()) {
  set.seed(seed)
  cluster <- sample(rep_len(seq_len(clusters), n))
  group <- if (recurring) sample(rep_len(seq_len(groups), n)) else (cluster - 1) %% groups + 1
  level <- rnorm(clusters, sd = 0.25)[cluster] + rnorm(n, sd = 0.6) + 0.08 * group
  rating <- pmin(levels - 1, pmax(0, round((0.6 + level / 2) * (levels - 1))))
  rating[rating %in% drop] <- levels - 1
  # Recurring clusters lie in strata of their own; others may not cross groups.
  stratum <- if (recurring) (cluster - 1) %% strata + 1 else ((cluster - 1) %/% groups) %% strata + 1
  weight <- if (weighted) exp(rnorm(n, sd = 0.5)) * (1 + rating / levels) else rep(1, n)
  rows <- data.frame(cluster, stratum, weight, rating, group = factor(group))
  rows$level <- factor(rows$rating, levels = 0:(levels - 1))
  rows$value <- rows$rating / (levels - 1)
  rbind(rows, rows[n:1, ])
}

tested <- function(...) {
  rows <- draw(...)
  design <- svydesign(~cluster, strata = ~stratum, weights = ~weight, data = rows)
  cells <- svymean(~ interaction(level, group), design)
  totals <- svytotal(~ interaction(level, group), design)
  means <- svyby(~value, ~group, design, svymean, covmat = TRUE)
  groups <- nlevels(rows$group)
  chisq <- svychisq(~ rating + group, design, statistic = "F")
  term <- regTermTest(svyglm(value ~ group, design), ~group, method = "Wald")
  ranks <- svyranktest(rating ~ group, design, test = "KruskalWallis")
  # Of two groups it is a t test; of more, it keeps q under statistic and W under parameter.
  freedom <- if (groups == 2) c(1, ranks$parameter) else c(ranks$statistic, degf(design) - ranks$statistic)
  square <- if (groups == 2) ranks$statistic^2 else ranks$parameter / ranks$statistic
  list(
    n = nrow(rows), df = degf(design), groups = groups, levels = nlevels(rows$level),
    proportions = matrix(coef(cells), groups, byrow = TRUE), covariance = unname(vcov(cells)),
    totals = matrix(coef(totals), groups, byrow = TRUE),
    totals_covariance = unname(vcov(totals)),
    means = unname(coef(means)), means_covariance = unname(vcov(means)),
    chisq = unname(chisq$statistic), chisq_df = unname(chisq$parameter), chisq_p = unname(chisq$p.value),
    wald = term$Ftest[1, 1], wald_df = c(term$df, term$ddf), wald_p = term$p[1, 1],
    rank = as.numeric(square), rank_df = unname(as.numeric(freedom)), rank_p = as.numeric(ranks$p.value)
  )
}

cases <- list(
  waves = tested(1, 300, 3, 24, 4, 11, TRUE, TRUE, drop = 1),
  few_clusters = tested(2, 120, 2, 9, 1, 3, TRUE, TRUE),
  nested = tested(3, 250, 3, 30, 3, 5, TRUE, FALSE),
  simple = tested(4, 150, 5, 150, 1, 3, FALSE, FALSE),
  five_waves = tested(5, 400, 5, 14, 2, 3, TRUE, TRUE),
  empty_cells = tested(6, 110, 4, 20, 1, 7, TRUE, TRUE)
)

made <- list(
  made_by = "tests/oracles/make/design_tests.R", r_version = R.version.string,
  survey_version = as.character(packageVersion("survey")), cases = cases
)
writeLines(toJSON(made, auto_unbox = TRUE, digits = I(17), pretty = 1), commandArgs(trailingOnly = TRUE)[1])
