//! The closed door: nothing on this machine or in private networks is asked, however a source leads there.
