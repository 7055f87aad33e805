# Makes tests/oracles/data/exact_r.json: exact unconditional and Lloyd tests and intervals, by brute force in base R.
#
#     Rscript tests/oracles/make/exact.R tests/oracles/data/exact_r.json
#
# Samples of n ratings at the levels 0, c and 1 are listed one by one. The restricted estimate is a root of the
# derivative of the likelihood, the score statistic is written out from the shares, and the probability of a tail is
# a sum of multinomial probabilities, maximised over the share of the middle level on a grid and then by optimize.
# Limits: the p-values of all samples along a fine grid of means, then bisection outside the outermost accepted ones.

# The exact test accepts pieces as narrow as 0.0007 here.
STEPS <- c(exact = 2500, lloyd = 500)
TIE <- 1e-9

samples <- function(n) {
  x <- expand.grid(bottom = 0:n, middle = 0:n)
  x <- as.matrix(x[x$bottom + x$middle <= n, ])
  cbind(x, top = n - x[, 1] - x[, 2])
}

shares <- function(middle, theta, c) cbind(1 - theta - (1 - c) * middle, middle, theta - c * middle)

restricted <- function(x, theta, c) {
  most <- min(theta / c, (1 - theta) / (1 - c))
  slope <- function(q) {
    p <- shares(q, theta, c)
    x[2] / p[2] - ifelse(x[1] > 0, (1 - c) * x[1] / p[1], 0) - ifelse(x[3] > 0, c * x[3] / p[3], 0)
  }
  if (x[2] == 0) return(0)
  edge <- most * 1e-15
  if (slope(most - edge) > 0) return(most)
  uniroot(slope, c(edge, most - edge), tol = 1e-15, maxiter = 10000)$root
}

# All that the hypothesis determines: statistics, estimates, and tails as functions of the middle share.
hypothesis <- function(x, theta, c) {
  values <- c(0, c, 1)
  n <- sum(x[1, ])
  q <- apply(x, 1, restricted, theta, c)
  p <- shares(q, theta, c)
  variance <- p %*% (values - theta)^2
  z <- as.vector((x %*% values / n - theta) / sqrt(pmax(variance, 1e-18) / n))
  coefficient <- lfactorial(n) - rowSums(lfactorial(x))
  # One column for each share of the middle level; 0 log 0 = 0, and a positive count times log 0 leaves nothing.
  probability <- function(middle) exp(coefficient + x %*% t(log(pmax(shares(middle, theta, c), 1e-300))))
  list(z = z, q = q, probability = probability, most = min(theta / c, (1 - theta) / (1 - c)))
}

tail_of <- function(h, row, alternative) {
  z <- h$z
  slack <- TIE * max(1, abs(z[row]))
  switch(alternative,
    "two-sided" = abs(z) >= abs(z[row]) - slack,
    greater = z >= z[row] - slack,
    less = z <= z[row] + slack
  )
}

# p-values of all given rows at once; the grid of the middle share is dense towards its ends.
pvalues <- function(h, rows, alternative, kind, polish = TRUE) {
  if (kind == "lloyd") {
    return(sapply(rows, function(row) sum(h$probability(h$q[row])[tail_of(h, row, alternative)])))
  }
  grid <- h$most * sin(seq(0, pi / 2, length.out = 400))^2
  table <- h$probability(grid)
  sapply(rows, function(row) {
    inside <- tail_of(h, row, alternative)
    along <- colSums(table[inside, , drop = FALSE])
    if (!polish) return(min(1, max(along)))
    # The best nodes: more than one hill may be the highest.
    best <- order(along, decreasing = TRUE)[1:3]
    found <- sapply(best, function(k) {
      ends <- grid[c(max(k - 1, 1), min(k + 1, length(grid)))]
      optimize(function(m) sum(h$probability(m)[inside]), ends, maximum = TRUE, tol = 1e-10)$objective
    })
    min(1, max(along, found))
  })
}

tests <- function(n, c, theta, picked) {
  x <- samples(n)
  h <- hypothesis(x, theta, c)
  rows <- match(apply(picked, 1, paste, collapse = " "), apply(x, 1, paste, collapse = " "))
  out <- list()
  for (kind in c("exact", "lloyd")) for (alternative in c("two-sided", "less", "greater")) {
    p <- pvalues(h, rows, alternative, kind)
    for (k in seq_along(rows)) {
      out[[length(out) + 1]] <- list(counts = x[rows[k], ], c = c, null = theta, kind = kind,
                                     alternative = alternative, pvalue = p[k])
    }
  }
  out
}

limits <- function(n, c, kind, alpha, picked) {
  x <- samples(n)
  rows <- match(apply(picked, 1, paste, collapse = " "), apply(x, 1, paste, collapse = " "))
  steps <- STEPS[[kind]]
  theta <- sin(seq(0, pi / 2, length.out = steps + 1)[2:steps])^2
  p <- sapply(theta, function(t) pvalues(hypothesis(x, t, c), rows, "two-sided", kind, polish = FALSE))
  lapply(seq_along(rows), function(k) {
    accepted <- range(which(p[k, ] > alpha))
    bisect <- function(outside, inside) {
      for (step in 1:40) {
        half <- (outside + inside) / 2
        if (pvalues(hypothesis(x, half, c), rows[k], "two-sided", kind) > alpha) inside <- half else outside <- half
      }
      inside
    }
    mean <- sum(x[rows[k], ] * c(0, c, 1)) / n
    list(
      counts = x[rows[k], ], c = c, kind = kind, level = 1 - alpha,
      low = if (mean == 0) 0 else bisect(c(0, theta)[accepted[1]], theta[accepted[1]]),
      high = if (mean == 1) 1 else bisect(c(theta, 1)[accepted[2] + 1], theta[accepted[2]])
    )
  })
}

picked <- function(n, many) {
  x <- samples(n)
  x[unique(round(seq(1, nrow(x), length.out = many))), , drop = FALSE]
}

result <- list(
  made_by = "tests/oracles/make/exact.R",
  r_version = R.version.string,
  tests = do.call(c, list(
    tests(5, 0.5, 0.5, samples(5)),
    tests(8, 0.5, 0.62, picked(8, 15)),
    tests(9, 0.3, 0.17, picked(9, 15)),
    tests(12, 0.75, 0.9, picked(12, 15)),
    tests(12, 0.5, 0.04, picked(12, 15))
  )),
  limits = do.call(c, list(
    limits(6, 0.5, "exact", 0.05, picked(6, 12)),
    limits(6, 0.5, "lloyd", 0.05, picked(6, 12)),
    limits(9, 0.3, "exact", 0.1, picked(9, 12)),
    limits(9, 0.3, "lloyd", 0.1, picked(9, 12))
  ))
)

path <- commandArgs(trailingOnly = TRUE)[1]
writeLines(jsonlite::toJSON(result, auto_unbox = TRUE, digits = I(15), pretty = 1), path)
