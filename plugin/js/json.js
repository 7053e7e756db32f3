/** Reads values of the proxy's JSON, which may be anything: what is not of the kind that is asked for is missing. */

/** @returns {unknown} a field of an object, or an element of a list */
export const field = (object, name) => object?.[name];

/** @returns {string | undefined} a text, without control characters */
export const text = (object, name) => {
  const value = object?.[name];
  return typeof value == "string" ? value.replace(/[\0-\x1f]/g, " ") : undefined;
};

/** @returns {number} a number, or a text that is one; else NaN */
export const number = (object, name) => +(object?.[name] ?? NaN);
