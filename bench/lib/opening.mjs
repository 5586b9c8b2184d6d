/**
 * Opens several things that have to be closed again. `open` is given `later(close)`; what it returns gets a `stop` that closes
 * them, the last one first. If `open` fails, what was opened by then is closed at once.
 * @param {(later: (close: () => unknown) => void) => Promise<object>} open
 */
export async function opening(open) {
  const closers = [];
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    return { ...(await open((close) => closers.push(close))), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
