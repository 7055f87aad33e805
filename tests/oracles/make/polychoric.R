# Makes tests/oracles/data/polychoric_r.json: polychoric correlations of cross-tables by polycor and lavaan.
#
#     Rscript tests/oracles/make/polychoric.R tests/oracles/data/polychoric_r.json
#
# two_step and full_ml are polycor's, by two-step and by full maximum likelihood; full_ml_error comes from the
# information matrix of all parameters. lavaan estimates in two steps, too, and its "robust" errors hold the estimation of the cuts,
# by the expected information: lavaan_error, which is that of observed information where the model fits exactly.
# jackknife_error leaves out one respondent of each cell and estimates again with polycor.

suppressPackageStartupMessages({library(polycor); library(lavaan)})

set.seed(20260707)

simulated <- function(n, rho, cuts_x, cuts_y) {
  x <- rnorm(n)
  y <- rho * x + sqrt(1 - rho^2) * rnorm(n)
  unclass(table(cut(x, c(-Inf, cuts_x, Inf), labels = FALSE), cut(y, c(-Inf, cuts_y, Inf), labels = FALSE)))
}

cases <- list(
  fourfold = rbind(c(40, 10), c(20, 30)),
  fourfold_negative = rbind(c(12, 55), c(61, 25)),
  three_by_five = rbind(c(22, 30, 40, 28, 9), c(6, 19, 60, 120, 55), c(2, 5, 33, 160, 211)),
  corners = rbind(c(100, 0, 1), c(0, 100, 0), c(1, 0, 100)),
  sparse = rbind(c(3, 0, 1, 0), c(2, 4, 0, 0), c(0, 1, 5, 2), c(1, 0, 0, 7)),
  strong = simulated(1000, 0.95, c(-1, 0, 1), c(-0.5, 0.7)),
  weak = simulated(2000, 0.1, c(-1.5, -0.5, 0.5, 1.5), c(-0.8, 0, 0.9)),
  eleven_by_five = simulated(
    2500, 0.65, c(-2.2, -2, -1.8, -1.6, -1.4, -1, -0.8, -0.3, 0.3, 0.9), c(-2, -1.5, -0.7, 0.4)
  ),
  negative = simulated(800, -0.6, c(-0.9, 0.1, 1.3), c(-1.2, -0.2, 0.4, 1.1))
)

error_of_jackknife <- function(tab) {
  n <- sum(tab)
  cells <- which(tab > 0)
  left <- sapply(cells, function(cell) {
    less <- tab
    less[cell] <- less[cell] - 1
    polychor(less, maxcor = 0.999999, control = list(reltol = 1e-14))
  })
  mean_left <- sum(tab[cells] * left) / n
  sqrt((n - 1) / n * sum(tab[cells] * (left - mean_left)^2))
}

# Zero cells stay zero.
with_lavaan <- function(tab) {
  rows <- data.frame(x = rep(row(tab), tab), y = rep(col(tab), tab))
  fit <- lavCor(rows, ordered = c("x", "y"), output = "fit", se = "robust.sem", zero.add = c(0, 0))
  found <- parameterEstimates(fit)
  found[found$lhs == "x" & found$rhs == "y", c("est", "se")]
}

solved <- lapply(cases, function(tab) {
  full <- polychor(tab, ML = TRUE, std.err = TRUE, maxcor = 0.999999)
  lavaan <- with_lavaan(tab)
  list(
    table = unname(tab),
    two_step = polychor(tab, maxcor = 0.999999, control = list(reltol = 1e-14)),
    jackknife_error = error_of_jackknife(tab),
    full_ml = full$rho, full_ml_error = sqrt(full$var[1, 1]),
    lavaan = lavaan$est, lavaan_error = lavaan$se
  )
})

made <- list(
  made_by = "tests/oracles/make/polychoric.R", r_version = R.version.string,
  polycor_version = as.character(packageVersion("polycor")), lavaan_version = as.character(packageVersion("lavaan")),
  cases = solved
)
file <- commandArgs(trailingOnly = TRUE)[1]
writeLines(jsonlite::toJSON(made, auto_unbox = TRUE, digits = I(15), pretty = 1), file)
