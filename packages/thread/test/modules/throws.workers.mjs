/** Cannot be imported. */
throw new RangeError("at import");
