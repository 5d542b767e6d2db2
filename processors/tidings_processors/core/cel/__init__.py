"""CEL conditions: parsed, checked against an Avro schema, and made into Python closures where that is exact."""
