# Makes tests/oracles/data/calibration.json: calibrated and trimmed weights, and standard errors that know of the
# calibration, by R's package survey.
#
#     Rscript tests/oracles/make/calibration.R tests/oracles/data/calibration.json
#
# `rows` are drawn here, column by column: stratum, cluster (numbered over all strata), group, gender, age, region,
# rating (null where it is missing) and the base weight. `population` holds the totals: of gender, age, region, and of
# gender and age together (labels "f 18-34").
#
# Each of `cases` names the margins it meets (`margins`, of `population`), the function of survey (`made_by`), the
# method as this package calls it, its bounds (null without any), and the final `weight` of each row. Base weights are
# scaled to the population first, so bounds are those of survey. survey's tolerance is 1e-13 of 1 + total.
#
# `estimates`, for all cases but rake() (whose variance in survey is another one, by averages that are not weighted):
# `nps` in points and `rating`, each with the `mean` by group, in the order of `groups`, its `covariance` (a matrix),
# the mean of `all` groups together and its standard error `all_se`. Strata and clusters are respected; rows without a
# rating are of no group, but of the design and its calibration.
#
# `trimmed`: trimWeights(strict = TRUE) with limits `low` and `high` in mean weights.

suppressMessages({
  library(survey)
  library(jsonlite)
})

set.seed(20260501)
sizes <- c(11, 6, 14, 9, 8, 12, 5, 10, 13, 7, 9, 12, 8, 10, 11, 6, 9, 12, 10, 8, 14, 7)
cluster <- rep(seq_along(sizes), sizes)
n <- length(cluster)
level <- rnorm(length(sizes), 0, 0.8)[cluster]
draw <- function(labels, p) sample(labels, n, TRUE, p)
rows <- data.frame(
  stratum = c(rep("a", 7), rep("b", 9), rep("c", 6))[cluster], cluster = cluster,
  group = draw(c("2023", "2024", "2025"), c(0.3, 0.3, 0.4)),
  gender = draw(c("f", "m"), c(0.62, 0.38)),
  age = draw(c("18-34", "35-49", "50-64", "65+"), c(0.2, 0.3, 0.35, 0.15)),
  region = draw(c("east", "north", "west"), c(0.5, 0.3, 0.2))
)
lean <- 7.6 + level + 0.8 * (rows$age == "65+") - 0.7 * (rows$age == "18-34") + 0.4 * (rows$gender == "f")
rows$rating <- pmin(10, pmax(0, round(lean + rnorm(n, 0, 2))))
rows$rating[runif(n) < 0.05] <- NA
rows$weight <- round(rgamma(n, 5) / 5 + 0.15, 3) * c(a = 2, b = 1, c = 3)[rows$stratum]

cells <- outer(c(f = 0.51, m = 0.49), c("18-34" = 0.27, "35-49" = 0.25, "50-64" = 0.27, "65+" = 0.21))
cells <- cells * rbind(c(0.98, 0.99, 1.01, 1.03), c(1.02, 1.01, 0.99, 0.97))
cells <- round(52000 * cells / sum(cells))
total <- sum(cells)
population <- list(
  gender = rowSums(cells), age = colSums(cells),
  region = c(east = 21000, north = 17000, west = total - 38000),
  gender_age = setNames(as.vector(t(cells)), paste(rep(rownames(cells), each = 4), colnames(cells)))
)

rows$gender_age <- paste(rows$gender, rows$age)
rows$scaled <- rows$weight * total / sum(rows$weight)
rows$nps <- ifelse(rows$rating >= 9, 100, ifelse(rows$rating <= 6, -100, 0))
design <- svydesign(id = ~cluster, strata = ~stratum, weights = ~scaled, data = rows)

# The totals of the columns of model.matrix(): all, and each margin without its first cell.
totals_of <- function(names) c("(Intercept)" = total, unlist(lapply(names, function(name) {
  known <- population[[name]]
  setNames(known[-1], paste0(name, names(known)[-1]))
})))
calibrated <- function(names, ...) {
  calibrate(design, reformulate(names), totals_of(names), epsilon = 1e-13, maxit = 500, ...)
}
frame_of <- function(name) setNames(data.frame(names(population[[name]]), population[[name]]), c(name, "Freq"))

# Means of groups as ratios of totals: of y and of ones, 0 for rows of other groups and without a rating.
both <- function(design, y) {
  groups <- sort(unique(rows$group))
  answered <- !is.na(rows$rating)
  value <- ifelse(answered, rows[[y]], 0)
  inside <- c(lapply(groups, function(group) answered & rows$group == group), list(answered))
  ratios <- list()
  for (i in seq_along(inside)) {
    design$variables[[paste0("n", i)]] <- as.numeric(inside[[i]])
    design$variables[[paste0("y", i)]] <- value * inside[[i]]
    ratios[[i]] <- parse(text = paste0("y", i, " / n", i))[[1]]
  }
  columns <- c(paste0("n", seq_along(inside)), paste0("y", seq_along(inside)))
  means <- svycontrast(svytotal(reformulate(columns), design), setNames(ratios, paste0("m", seq_along(inside))))
  covariance <- unname(matrix(as.numeric(vcov(means)), length(inside)))
  k <- length(groups)
  list(
    mean = unname(coef(means))[1:k], covariance = covariance[1:k, 1:k], all = unname(coef(means))[k + 1],
    all_se = sqrt(covariance[k + 1, k + 1])
  )
}
case <- function(made_by, method, margins, result, bounds = NULL, estimates = TRUE) {
  list(
    made_by = made_by, method = method, margins = I(margins), bounds = bounds, weight = unname(weights(result)),
    estimates = if (estimates) list(nps = both(result, "nps"), rating = both(result, "rating"))
  )
}

three <- c("gender", "age", "region")
two <- c("gender_age", "region")
wide <- c(0.3, 3)
narrow <- c(0.45, 2.2)
tight <- c(0.5, 2.75)
raked <- rake(
  design, lapply(three, reformulate), lapply(three, frame_of), control = list(maxit = 2000, epsilon = 1e-15)
)
cases <- list(
  case("postStratify", "post-stratification", "gender_age", postStratify(design, ~gender_age, frame_of("gender_age"))),
  case("rake", "raking", three, raked, estimates = FALSE),
  case("calibrate", "linear", three, calibrated(three)),
  case("calibrate", "linear", two, calibrated(two)),
  case("calibrate", "linear", three, calibrated(three, bounds = narrow), narrow),
  case("calibrate", "raking", three, calibrated(three, calfun = "raking")),
  case("calibrate", "raking", two, calibrated(two, calfun = "raking")),
  case("calibrate", "logit", three, calibrated(three, calfun = "logit", bounds = wide), wide),
  case("calibrate", "logit", two, calibrated(two, calfun = "logit", bounds = tight), tight)
)

trimmed <- lapply(list(c(0.6, 1.8), c(0, 1.3), c(0.7, 10)), function(limits) {
  middle <- mean(rows$weight)
  plain <- svydesign(id = ~1, weights = ~weight, data = rows)
  result <- trimWeights(plain, upper = limits[2] * middle, lower = limits[1] * middle, strict = TRUE)
  list(low = limits[1], high = limits[2], weight = unname(weights(result)))
})

kept <- c("stratum", "cluster", "group", "gender", "age", "region", "gender_age", "rating", "weight")
out <- list(
  made_by = "tests/oracles/make/calibration.R", r_version = R.version.string,
  survey_version = as.character(packageVersion("survey")),
  rows = as.list(rows[kept]), groups = sort(unique(rows$group)),
  population = lapply(population, as.list), cases = cases, trimmed = trimmed
)
writeLines(
  toJSON(out, auto_unbox = TRUE, digits = I(16), na = "null", null = "null", pretty = FALSE),
  commandArgs(trailingOnly = TRUE)[1]
)
