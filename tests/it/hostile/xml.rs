//! Documents that are broken, mislabelled or made to hurt: what can be read is, within bounds.
