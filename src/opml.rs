//! Subscription lists.
