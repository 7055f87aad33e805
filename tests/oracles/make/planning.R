# Makes tests/oracles/data/planning_r.json: power and sample sizes by base R.
#
#     Rscript tests/oracles/make/planning.R tests/oracles/data/planning_r.json
#
# power.t.test is R's own; it counts rejections on the side of the true difference, as `strict = FALSE` says. The
# power of two one-sided tests is an integral over the estimate, by R's integrate.

grid <- expand.grid(delta = c(2, 5, 12), sd = c(sqrt(5600), sqrt(3600), 40), level = c(0.9, 0.95), power = c(0.8, 0.9),
                    type = c("two.sample", "paired", "one.sample"), alternative = c("two.sided", "one.sided"),
                    stringsAsFactors = FALSE)
tests <- lapply(seq_len(nrow(grid)), function(i) {
  g <- grid[i, ]
  n <- power.t.test(delta = g$delta, sd = g$sd, sig.level = 1 - g$level, power = g$power, type = g$type,
                    alternative = g$alternative, strict = FALSE, tol = 1e-12)$n
  c(as.list(g), n = n)
})

# Both tests reject where the estimate lies within margin - z se of 0.
tost <- function(n, sd, margin, difference, level) {
  se <- sd * sqrt(2 / n)
  edge <- margin - qnorm(level) * se
  if (edge <= 0) return(0)
  integrate(function(x) dnorm(x, difference, se), -edge, edge, rel.tol = 1e-12, abs.tol = 0)$value
}
cases <- expand.grid(n = c(300, 1000, 4000), sd = c(sqrt(5600), 40), margin = c(5, 9), difference = c(0, -2, 4),
                     level = c(0.9, 0.95))
equivalence <- lapply(seq_len(nrow(cases)), function(i) c(as.list(cases[i, ]), power = do.call(tost, cases[i, ])))

result <- list(made_by = "tests/oracles/make/planning.R", r_version = R.version.string, tests = tests,
               equivalence = equivalence)
path <- commandArgs(trailingOnly = TRUE)[1]
writeLines(jsonlite::toJSON(result, auto_unbox = TRUE, digits = I(15), pretty = 1), path)
