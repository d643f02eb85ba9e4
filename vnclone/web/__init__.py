"""HTTP lives here: who a request belongs to, REST, signed audio links, health."""
