"""Pure numerics: arrays in, arrays out, on the unit scale."""
