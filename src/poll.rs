//! One poll, the whole way of one source.
