// Ignore the responses of requests that a later request has replaced.

/**
 * Return a function that starts a request. It returns a second function, which says whether its request is still the
 * latest.
 */
export function latest(): () => () => boolean {
  let count = 0;
  return () => {
    const number = ++count;
    return () => number === count;
  };
}
