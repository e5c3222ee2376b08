//! Guids, links and orders that change or clash: nothing twice, and nothing lost.
