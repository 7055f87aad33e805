# Makes tests/oracles/data/survey_r.json: scores of designed samples, by R's package survey.
#
#     Rscript tests/oracles/make/survey.R tests/oracles/data/survey_r.json ../shared/data
#
# The rows are drawn here and stored with the results, column by column (`samples`; null is a rating that is missing).
# The second argument names the folder with sfo/2017.csv and sfo/2018.csv, whose rows are not stored.
#
# Each case of `cases` names its sample and the arguments of the design, and holds, overall and by `group`: the NPS in
# points and the mean rating with standard errors and covariances; the contrast of the last group minus the first, and
# of each group minus the others and minus all (`references`); the shares of the ratings 0 to 10, group by group, and
# their covariance; design effects (sampling with replacement as the comparison); degrees of freedom of all rows, of
# rows with a rating, and of those in each group. Covariances are stored as the lower triangle, row by row. All
# statistics are of domains of the whole design: rows without a rating are taken away by subset(), which leaves the
# design as it was.
#
# `replicates` holds factors by cluster (rows in the order of `clusters`) and by replicate, to multiply the weights.
#
# Tests of several groups: svychisq of the ratings (or of promoters, passives and detractors) and the groups,
# regTermTest of svyglm(nps ~ group), svyranktest. The last averages cumulated weights over tied rows without weighting
# them, which depends on the order of the rows; `rank_test` is the same test with the ranks (weight below + half the
# weight tied).

suppressMessages({
  library(survey)
  library(jsonlite)
})

RATINGS <- 0:10
arguments <- commandArgs(trailingOnly = TRUE)

# ------------------------------------------------------------------------------------------------------------- rows

# Ratings that lean upwards, more so with a higher level; some are missing.
rate <- function(level, missing = 0.06) {
  rating <- pmin(10, pmax(0, round(level + rnorm(length(level), 0, 2.2))))
  ifelse(runif(length(level)) < missing, NA, rating)
}
REGIONS <- c("east", "north", "south")
LEANING <- c(east = 7.2, north = 8.1, south = 8.6)
weights_of <- function(n) round(rgamma(n, 6) / 6 + 0.1, 4)

simple <- function() {
  n <- 150
  region <- sample(REGIONS, n, TRUE, c(0.5, 0.2, 0.3))
  data.frame(group = region, rating = rate(LEANING[region]), weight = weights_of(n))
}

stratified <- function() {
  sizes <- c(300, 120, 80, 900)
  drawn <- c(40, 30, 20, 60)
  stratum <- rep(1:4, drawn)
  region <- sample(REGIONS, length(stratum), TRUE)
  data.frame(
    group = region, rating = rate(LEANING[region] + c(-1, 0, 0.5, 0.2)[stratum]), stratum = stratum,
    weight = (sizes / drawn)[stratum], population = sizes[stratum], fraction = (drawn / sizes)[stratum]
  )
}

clustered <- function() {
  sizes <- sample(2:9, 28, TRUE)
  cluster <- rep(1:28, sizes)
  region <- sample(REGIONS, length(cluster), TRUE, c(0.4, 0.3, 0.3))
  rows <- data.frame(
    group = region, rating = rate(LEANING[region] + rnorm(28)[cluster]), cluster = cluster,
    weight = weights_of(length(cluster)), population = 112
  )
  rows[sample(nrow(rows)), ]
}

# 4 strata; labels 1 to 9 are used again in each. The group "north" occurs in two strata only.
nested <- function() {
  stratum <- rep(rep(c("a", "b", "c", "d"), each = 9), times = sample(3:8, 36, TRUE))
  cluster <- unlist(tapply(stratum, factor(stratum), function(s) sort(sample(1:9, length(s), TRUE))))
  region <- ifelse(
    stratum %in% c("a", "b"), sample(REGIONS, length(stratum), TRUE),
    sample(REGIONS[c(1, 3)], length(stratum), TRUE)
  )
  level <- LEANING[region] + rnorm(36)[as.integer(factor(paste(stratum, cluster)))]
  data.frame(
    group = region, rating = rate(level), stratum = stratum, cluster = cluster, weight = weights_of(length(stratum))
  )
}

# 2 strata of clusters, households drawn within clusters, all their people asked.
staged <- function(lone) {
  kind <- rep(c("city", "land"), c(5, 7))
  clusters <- data.frame(cluster = 1:12, stratum = kind, all_clusters = ifelse(kind == "city", 20, 35), all = 55)
  clusters$drawn <- if (lone) c(3, 1, 4, 2, 1, 3, 5, 2, 1, 3, 4, 2) else c(3, 2, 4, 2, 3, 3, 5, 2, 4, 3, 4, 2)
  clusters$all_households <- clusters$drawn + sample(1:12, 12, TRUE)
  # One cluster whose households were all drawn.
  clusters$all_households[6] <- clusters$drawn[6]
  households <- clusters[rep(1:12, clusters$drawn), ]
  households$household <- seq_len(nrow(households))
  people <- households[rep(seq_len(nrow(households)), sample(1:4, nrow(households), TRUE)), ]
  first <- c(city = 20 / 5, land = 35 / 7)[people$stratum]
  people$weight <- round(first * people$all_households / people$drawn, 4)
  people$group <- sample(REGIONS, nrow(people), TRUE)
  people$rating <- rate(LEANING[people$group] + rnorm(12)[people$cluster])
  rownames(people) <- NULL
  people$drawn <- NULL
  people
}

# Strata 2 and 5 have one cluster each; in `population`, stratum 5 has no other.
lone <- function() {
  stratum <- rep(c(1, 1, 1, 2, 3, 3, 3, 3, 4, 4, 5, 6, 6, 6), each = 6)
  cluster <- rep(101:114, each = 6)
  region <- sample(REGIONS, length(stratum), TRUE)
  data.frame(
    group = region, rating = rate(LEANING[region] + rnorm(14)[cluster - 100]), stratum = stratum, cluster = cluster,
    weight = weights_of(length(stratum)), population = c(12, 9, 25, 8, 1, 30)[stratum]
  )
}

# As `lone`, but stratum 2 has a second cluster, so that only the one that is all of its stratum stands alone.
certain <- function() {
  rows <- lone()
  second <- which(rows$stratum == 2)[4:6]
  rows$cluster[second] <- 200
  rows
}

paired <- function() {
  cluster <- rep(1:20, times = sample(4:8, 20, TRUE))
  stratum <- (cluster + 1) %/% 2
  region <- sample(REGIONS, length(cluster), TRUE)
  data.frame(
    group = region, rating = rate(LEANING[region] + rnorm(20)[cluster]), stratum = stratum, cluster = cluster,
    weight = weights_of(length(cluster))
  )
}

# Rows of weight 0 were drawn, but count for nothing; here and there one alone in its cluster.
weightless <- function() {
  rows <- clustered()
  rows$weight[sample(nrow(rows), 25)] <- 0
  rows$weight[rows$cluster == 4] <- 0
  rows
}

# 90 people, of whom 40 answer in both waves, and like each time alike.
panel <- function() {
  person <- c(1:65, 26:90)
  wave <- rep(c(2023L, 2024L), each = 65)
  liking <- rnorm(90, 0, 1.5)
  rows <- data.frame(
    group = wave, rating = rate(7.6 + 0.5 * (wave == 2024) + liking[person]), person = sprintf("p%02d", person),
    weight = weights_of(130)
  )
  rows[sample(130), ]
}

# 60 people who answer up to four times in each of two waves.
diary <- function() {
  rows <- data.frame(person = sample(sprintf("p%02d", 1:60), 150, TRUE), group = sample(c(2023L, 2024L), 150, TRUE))
  liking <- rnorm(60, 0, 1.5)
  rows$rating <- rate(7.8 + liking[as.integer(substring(rows$person, 2))], 0.1)
  rows$weight <- weights_of(150)
  rows
}

set.seed(20260105)
samples <- list(
  simple = simple(), stratified = stratified(), clustered = clustered(), nested = nested(), staged = staged(FALSE),
  staged_lone = staged(TRUE), lone = lone(), certain = certain(), paired = paired(), panel = panel(),
  weightless = weightless(), diary = diary()
)

# The runs of interviews are the clusters; 12 rows of 2018 without a run are taken as one.
sfo <- function(folder) {
  one <- function(year) {
    rows <- read.csv(file.path(folder, "sfo", paste0(year, ".csv")), check.names = FALSE)
    names(rows) <- trimws(names(rows))
    run <- paste(year, ifelse(is.na(rows$RUNID), "none", rows$RUNID))
    data.frame(
      group = year, rating = ifelse(rows$NETPRO %in% RATINGS, rows$NETPRO, NA), weight = rows$WEIGHT, cluster = run,
      stratum = paste(year, rows$STRATA)
    )
  }
  rbind(one(2017L), one(2018L))
}

# Categories whose shares in the population are known, for calibration; drawn last, so that other columns stay.
set.seed(20260108)
KNOWN <- list(sex = c(f = 0.52, m = 0.48), age = c(old = 0.3, young = 0.25, middle = 0.45))
for (name in c("nested", "staged", "lone")) {
  n <- nrow(samples[[name]])
  samples[[name]]$sex <- sample(c("f", "m"), n, TRUE, c(0.6, 0.4))
  samples[[name]]$age <- sample(c("old", "young", "middle"), n, TRUE, c(0.45, 0.2, 0.35))
}

# The rows that stay where one rating of a person and wave is kept: the first or the last, if there is one.
kept <- function(rows, which) {
  order <- if (which == "first") seq_len(nrow(rows)) else rev(seq_len(nrow(rows)))
  order <- order[order(is.na(rows$rating[order]))]
  rows[sort(order[!duplicated(rows[order, c("person", "group")])]), ]
}

# ---------------------------------------------------------------------------------------------------------- results

measured <- function(rows) {
  rows$nps <- ifelse(rows$rating >= 9, 100, ifelse(rows$rating <= 6, -100, 0))
  rows$kind <- cut(rows$rating, c(-1, 6, 8, 10), labels = c("detractor", "passive", "promoter"))
  for (rating in RATINGS) rows[[paste0("r", rating)]] <- as.numeric(rows$rating == rating)
  rows
}

packed <- function(matrix) matrix[upper.tri(matrix, diag = TRUE)]

# Rows with a rating. A calibrated design keeps the others, with weights of zero.
rated <- function(design) {
  answered <- subset(design, !is.na(rating))
  gone <- is.na(answered$variables$rating)
  for (name in c("rating", "nps", paste0("r", RATINGS))) answered$variables[[name]][gone] <- 0
  answered
}

# Means of variables by group, and their covariance, groups outside and variables inside.
by_group <- function(formula, design) {
  if (survey:::is.calibrated(design) && !inherits(design, "svyrep.design")) return(ratios(formula, design))
  found <- svyby(formula, ~group, design, svymean, covmat = TRUE)
  groups <- nrow(found)
  size <- length(coef(found)) / groups
  # svyby has the variables outside.
  order <- as.vector(t(matrix(seq_len(groups * size), groups, size)))
  covariance <- vcov(found)[order, order, drop = FALSE]
  errors <- as.vector(t(as.matrix(SE(found))))
  stopifnot(all.equal(sqrt(diag(covariance)), errors, check.attributes = FALSE))
  list(estimate = unname(coef(found)[order]), standard_error = errors, covariance = packed(covariance), found = found)
}

# The same from totals: svyby() has no covariances of calibrated designs. Only for one variable.
ratios <- function(formula, design) {
  groups <- sort(unique(design$variables$group))
  for (i in seq_along(groups)) {
    inside <- design$variables$group == groups[i] & weights(design, "sampling") > 0
    design$variables[[paste0("y", i)]] <- ifelse(inside, design$variables[[all.vars(formula)]], 0)
    design$variables[[paste0("n", i)]] <- as.numeric(inside)
  }
  of <- seq_along(groups)
  totals <- svytotal(reformulate(c(paste0("y", of), paste0("n", of))), design)
  means <- lapply(of, function(i) parse(text = paste0("y", i, " / n", i))[[1]])
  found <- svycontrast(totals, setNames(means, groups))
  covariance <- matrix(as.numeric(vcov(found)), length(of))
  list(
    estimate = as.numeric(coef(found)), standard_error = sqrt(diag(covariance)), covariance = packed(covariance),
    found = found
  )
}

analysed <- function(design, shares = TRUE) {
  design$variables <- measured(design$variables)
  answered <- rated(design)
  groups <- sort(unique(answered$variables$group))
  overall <- svymean(~ nps + rating, answered, deff = "replace")
  nps <- by_group(~nps, answered)
  rating <- by_group(~rating, answered)
  contrast <- svycontrast(nps$found, c(-1, rep(0, length(groups) - 2), 1))
  nps$found <- rating$found <- NULL
  counted <- weights(answered, "sampling") > 0
  counts_by_group <- as.vector(table(answered$variables$group[counted]))
  of_group <- function(value) lapply(groups, function(g) value(answered[answered$variables$group == g, ]))
  effect <- function(d) {
    found <- deff(svymean(~ nps + rating, d, deff = "replace"))
    as.numeric(if (is.matrix(found)) diag(found) else found)
  }
  out <- list(
    groups = groups, rows = nrow(design$variables), n = sum(counted), n_groups = counts_by_group,
    weight = sum(weights(design, "sampling")), weight_answered = sum(weights(answered, "sampling")),
    df = degf(design), df_answered = degf(answered), df_groups = unlist(of_group(degf)),
    overall = list(
      nps = as.numeric(coef(overall))[1], rating = as.numeric(coef(overall))[2],
      standard_error = as.numeric(SE(overall)),
      covariance = packed(vcov(overall)), design_effect = effect(answered)
    ),
    design_effect_groups = of_group(effect), nps = nps, rating = rating,
    contrast = list(estimate = as.numeric(coef(contrast)), standard_error = as.numeric(SE(contrast)))
  )
  if (shares) {
    found <- by_group(reformulate(paste0("r", RATINGS)), answered)
    out$shares <- list(estimate = found$estimate, covariance = found$covariance)
  }
  out
}

# Of more than two groups, svyranktest calls the statistic its parameter, and the other way round; of two it gives t. It
# has nothing for these replicates.
ranked <- function(answered) {
  if (inherits(answered, "svyrep.design")) return(NULL)
  found <- svyranktest(rating ~ group, answered, test = "KruskalWallis")
  two <- nlevels(answered$variables$group) == 2
  list(
    statistic = as.numeric(if (two) found$statistic^2 else found$parameter / found$statistic),
    df = as.numeric(if (two) c(1, found$parameter) else c(found$statistic, found$ddf)),
    pvalue = as.numeric(found$p.value)
  )
}

# Each group minus the respondents of all other groups, and minus all respondents.
references <- function(design) {
  design$variables <- measured(design$variables)
  answered <- subset(design, !is.na(rating))
  one <- function(g) {
    answered$variables$x_in <- answered$variables$nps * (answered$variables$group == g)
    answered$variables$in_group <- as.numeric(answered$variables$group == g)
    answered$variables$one <- 1
    totals <- svytotal(~ x_in + in_group + nps + one, answered)
    values <- function(found) list(estimate = as.numeric(coef(found)), standard_error = as.numeric(SE(found)))
    list(
      rest = values(svycontrast(totals, quote(x_in / in_group - (nps - x_in) / (one - in_group)))),
      total = values(svycontrast(totals, quote(x_in / in_group - nps / one)))
    )
  }
  lapply(sort(unique(answered$variables$group)), one)
}

homogeneity <- function(design) {
  design$variables <- measured(design$variables)
  design$variables$group <- factor(design$variables$group)
  answered <- subset(design, !is.na(rating))
  chisq <- function(formula) {
    one <- function(statistic) {
      # A Wald test of more shares than degrees of freedom has no p-value, and R warns.
      found <- suppressWarnings(svychisq(formula, answered, statistic = statistic))
      list(
        statistic = as.numeric(found$statistic), df = as.numeric(found$parameter), pvalue = as.numeric(found$p.value)
      )
    }
    list(rao_scott = one("F"), adjusted_wald = one("adjWald"), wald = one("Wald"))
  }
  wald <- function(formula) {
    found <- regTermTest(svyglm(formula, answered), ~group, method = "Wald")
    list(statistic = as.numeric(found$Ftest), df = as.numeric(c(found$df, found$ddf)), pvalue = as.numeric(found$p))
  }
  w <- weights(answered, "sampling")
  rating <- answered$variables$rating
  below <- sapply(RATINGS, function(r) sum(w[rating < r]) + sum(w[rating == r]) / 2) / sum(w)
  answered$variables$rank <- below[rating + 1]
  list(
    ratings = chisq(~ rating + group), categories = chisq(~ kind + group), nps = wald(nps ~ group),
    mean_rating = wald(rating ~ group), rank_test = wald(rank ~ group), svyranktest = ranked(answered)
  )
}

# The policy of strata with one cluster is part of the arguments, as in the package; R takes it where it computes.
case <- function(name, sample, design, arguments = list(), shares = TRUE, tests = FALSE, replicates = NULL) {
  policy <- if (is.null(arguments$lonely)) "fail" else arguments$lonely
  before <- options(survey.lonely.psu = policy)
  on.exit(options(before))
  arguments <- if (length(arguments)) arguments else setNames(list(), character(0))
  out <- c(list(name = name, sample = sample, arguments = arguments), analysed(design, shares))
  if (shares) out$references <- references(design)
  if (tests) out$homogeneity <- homogeneity(design)
  out$replicates <- replicates
  out
}

weighted <- function(...) list(weight = "weight", ...)

STAGES <- list("cluster", "household")
POPULATIONS <- list("all_clusters", "all_households")

two_stages <- function(rows) {
  svydesign(
    ~ cluster + household, strata = ~stratum, weights = ~weight, fpc = ~ all_clusters + all_households, data = rows
  )
}
lone_strata <- function(rows, fpc = NULL) {
  svydesign(~cluster, strata = ~stratum, weights = ~weight, fpc = fpc, data = rows)
}

linearised <- with(samples, list(
  case("no design", "simple", svydesign(~1, weights = ~ rep(1, 150), data = simple)),
  case("weights", "simple", svydesign(~1, weights = ~weight, data = simple), weighted()),
  case(
    "strata with populations", "stratified",
    svydesign(~1, strata = ~stratum, weights = ~weight, fpc = ~population, data = stratified),
    weighted(strata = "stratum", fpc = "population")
  ),
  case(
    "strata with sampling fractions", "stratified",
    svydesign(~1, strata = ~stratum, weights = ~weight, fpc = ~fraction, data = stratified),
    weighted(strata = "stratum", fpc = "fraction"), shares = FALSE
  ),
  case(
    "strata", "stratified", svydesign(~1, strata = ~stratum, weights = ~weight, data = stratified),
    weighted(strata = "stratum"), shares = FALSE
  ),
  case(
    "clusters", "clustered", svydesign(~cluster, weights = ~weight, data = clustered), weighted(cluster = "cluster"),
    tests = TRUE
  ),
  case(
    "clusters of a population", "clustered",
    svydesign(~cluster, weights = ~weight, fpc = ~population, data = clustered),
    weighted(cluster = "cluster", fpc = "population"), shares = FALSE
  ),
  case(
    "clusters named within strata", "nested",
    svydesign(~cluster, strata = ~stratum, weights = ~weight, nest = TRUE, data = nested),
    weighted(cluster = "cluster", strata = "stratum", nest = TRUE), tests = TRUE
  ),
  case(
    "two stages with populations", "staged", two_stages(staged),
    weighted(cluster = STAGES, strata = "stratum", fpc = POPULATIONS), tests = TRUE
  ),
  case(
    "two stages without strata", "staged",
    svydesign(~ cluster + household, weights = ~weight, fpc = ~ all + all_households, data = staged),
    weighted(cluster = STAGES, fpc = list("all", "all_households")), shares = FALSE
  ),
  case(
    "two stages without populations", "staged",
    svydesign(~ cluster + household, strata = ~stratum, weights = ~weight, data = staged),
    weighted(cluster = STAGES, strata = "stratum"), shares = FALSE
  ),
  case(
    "two stages, lone households adjusted", "staged_lone", two_stages(staged_lone),
    weighted(cluster = STAGES, strata = "stratum", fpc = POPULATIONS, lonely = "adjust"), shares = FALSE
  ),
  case(
    "two stages, lone households certain", "staged_lone", two_stages(staged_lone),
    weighted(cluster = STAGES, strata = "stratum", fpc = POPULATIONS, lonely = "certainty"), shares = FALSE
  ),
  case(
    "lone clusters adjusted", "lone", lone_strata(lone),
    weighted(cluster = "cluster", strata = "stratum", lonely = "adjust")
  ),
  case(
    "lone clusters certain", "lone", lone_strata(lone),
    weighted(cluster = "cluster", strata = "stratum", lonely = "certainty"), shares = FALSE
  ),
  case(
    "lone clusters of populations adjusted", "lone", lone_strata(lone, ~population),
    weighted(cluster = "cluster", strata = "stratum", fpc = "population", lonely = "adjust"), shares = FALSE
  ),
  case(
    "a lone cluster that is all of its stratum", "certain", lone_strata(certain, ~population),
    weighted(cluster = "cluster", strata = "stratum", fpc = "population"), shares = FALSE
  ),
  case(
    "a panel of two waves", "panel", svydesign(~person, weights = ~weight, data = panel),
    weighted(respondent = "person")
  ),
  case(
    "weights of zero", "weightless", svydesign(~cluster, weights = ~weight, data = weightless),
    weighted(cluster = "cluster")
  ),
  case(
    "all answers of a person", "diary", svydesign(~person, weights = ~weight, data = diary),
    weighted(respondent = "person", duplicates = "all"), shares = FALSE
  ),
  case(
    "the first answer of a person", "diary", svydesign(~person, weights = ~weight, data = kept(diary, "first")),
    weighted(respondent = "person", duplicates = "first"), shares = FALSE
  ),
  case(
    "the last answer of a person", "diary", svydesign(~person, weights = ~weight, data = kept(diary, "last")),
    weighted(respondent = "person", duplicates = "last"), shares = FALSE
  )
))

# -------------------------------------------------------------------------------------------------------- calibrated

# To the population of KNOWN, as large as the sum of the weights.
to_population <- function(design, method) {
  size <- sum(weights(design, "sampling"))
  totals <- c("(Intercept)" = 1, agemiddle = 0.45, ageold = 0.3, ageyoung = 0.25, sexm = 0.48)
  columns <- colnames(model.matrix(~ sex + age, design$variables))
  calibrate(design, ~ sex + age, size * totals[columns], calfun = method, epsilon = 1e-13, maxit = 500)
}

to_margins <- function(method, ...) {
  weighted(margins = lapply(KNOWN, as.list), calibration = method, ...)
}

calibrated <- with(samples, unlist(lapply(c("linear", "raking"), function(method) list(
  case(
    paste("clusters named within strata,", method), "nested",
    to_population(
      svydesign(~cluster, strata = ~stratum, weights = ~weight, nest = TRUE, data = nested), method
    ),
    to_margins(method, cluster = "cluster", strata = "stratum", nest = TRUE), shares = FALSE
  ),
  case(
    paste("two stages with populations,", method), "staged", to_population(two_stages(staged), method),
    to_margins(method, cluster = STAGES, strata = "stratum", fpc = POPULATIONS), shares = FALSE
  ),
  case(
    paste("lone clusters adjusted,", method), "lone", to_population(lone_strata(lone), method),
    to_margins(method, cluster = "cluster", strata = "stratum", lonely = "adjust"), shares = FALSE
  )
)), recursive = FALSE))

# -------------------------------------------------------------------------------------------------------- replicates

PAIRS <- svydesign(~cluster, strata = ~stratum, weights = ~weight, data = samples$paired)
NESTED <- svydesign(~cluster, strata = ~stratum, weights = ~weight, nest = TRUE, data = samples$nested)
CLUSTERED <- svydesign(~cluster, weights = ~weight, data = samples$clustered)

replicated <- function(name, sample, kind, design, type, ..., fay = NULL, mse = FALSE, tests = FALSE, method = NULL) {
  set.seed(20260106)
  made <- as.svrepdesign(design, type = type, ..., mse = mse)
  rows <- samples[[sample]]
  columns <- intersect(c("stratum", "cluster"), names(rows))
  first <- !duplicated(rows[columns])
  about <- list(
    kind = kind, scale = made$scale, scales = unname(made$rscales), centre = if (mse) "estimate" else "mean",
    columns = I(columns), clusters = as.list(rows[first, columns, drop = FALSE]),
    factors = unname(as.matrix(weights(made, "replication"))[first, ])
  )
  about$fay <- fay
  if (!is.null(method)) made <- to_population(made, method)
  arguments <- if (is.null(method)) weighted() else to_margins(method)
  case(name, sample, made, arguments, shares = FALSE, tests = tests, replicates = about)
}

replicates <- list(
  replicated("JK1 around the mean", "clustered", "JK1", CLUSTERED, "JK1"),
  replicated("JK1 around the estimate", "clustered", "JK1", CLUSTERED, "JK1", mse = TRUE),
  replicated("JKn around the mean", "nested", "JKn", NESTED, "JKn", tests = TRUE),
  replicated("JKn around the estimate", "nested", "JKn", NESTED, "JKn", mse = TRUE),
  replicated("BRR around the mean", "paired", "BRR", PAIRS, "BRR"),
  replicated("BRR around the estimate", "paired", "BRR", PAIRS, "BRR", mse = TRUE),
  replicated("Fay around the mean", "paired", "Fay", PAIRS, "Fay", fay.rho = 0.3, fay = 0.3),
  replicated("Fay around the estimate", "paired", "Fay", PAIRS, "Fay", fay.rho = 0.3, fay = 0.3, mse = TRUE),
  replicated("bootstrap around the mean", "nested", "bootstrap", NESTED, "subbootstrap", replicates = 60),
  replicated(
    "bootstrap around the estimate", "nested", "bootstrap", NESTED, "subbootstrap",
    replicates = 60, mse = TRUE
  ),
  # Canty & Davison's: its scale is not that of the kind.
  replicated("bootstrap of all clusters", "nested", "other", NESTED, "bootstrap", replicates = 40),
  # Each replicate is calibrated by itself.
  replicated("JKn, linear", "nested", "JKn", NESTED, "JKn", mse = TRUE, method = "linear"),
  replicated("JKn, raking", "nested", "JKn", NESTED, "JKn", method = "raking")
)

# --------------------------------------------------------------------------------------------------------------- sfo

SFO <- sfo(arguments[2])
airport <- list(
  case(
    "sfo by run", NULL, svydesign(~cluster, weights = ~weight, data = SFO), weighted(cluster = "cluster"),
    tests = TRUE
  ),
  case(
    "sfo by run in strata", NULL, lone_strata(SFO), weighted(cluster = "cluster", strata = "stratum", lonely = "adjust")
  ),
  case("sfo weighted", NULL, svydesign(~1, weights = ~weight, data = SFO), weighted(), shares = FALSE),
  case("sfo unweighted", NULL, svydesign(~1, weights = ~ rep(1, nrow(SFO)), data = SFO), shares = FALSE)
)

out <- list(
  made_by = "tests/oracles/make/survey.R", r_version = R.version.string,
  survey_version = as.character(packageVersion("survey")),
  samples = lapply(samples, as.list), cases = c(linearised, calibrated, replicates), sfo = airport
)
# jsonlite writes 15 digits at the most.
written <- toJSON(out, auto_unbox = TRUE, digits = I(15), na = "null", null = "null")
# A line for each sample and case.
writeLines(gsub("(\\{\"name\":|\"(samples|cases|sfo)\":|\"[a-z_]+\":\\{\"group\":)", "\n\\1", written), arguments[1])
