/**
 * What is made of each of the source, in its order; of `most` at a time, so that one is read while another is sent. What is
 * ready waits for nothing that comes later. What could not be made is thrown in its turn, and what failed the source after all
 * that came before. Whoever leaves early has `discard` called with what he did not take.
 */
export async function* ahead<In, Out>(
  source: AsyncGenerator<In>,
  most: number,
  make: (one: In) => Promise<Out>,
  discard: (one: Out) => Promise<void> = async () => {},
): AsyncGenerator<Out> {
  const making: Promise<Out>[] = [];
  const pull = () => source.next().then((step) => ({ step }), asFailure);
  let pulled: ReturnType<typeof pull> | undefined = pull();
  let failure: Failure | undefined;
  try {
    for (;;) {
      const [first] = making;
      const next = pulled !== undefined && making.length < most ? pulled : undefined;
      if (first === undefined && next === undefined) break;
      // What has come is begun before what is ready is given: then the one is read while the other is sent.
      const come = await Promise.race([...(next ? [next] : []), ...(first ? [first.then(nothing, nothing)] : [])]);
      if (come === undefined) {
        making.shift();
        yield await (first as Promise<Out>);
      } else if ("step" in come && come.step.done !== true) {
        const made = make(come.step.value);
        made.catch(nothing);
        making.push(made);
        pulled = pull();
      } else {
        if ("error" in come) failure = come;
        pulled = undefined;
      }
    }
  } finally {
    // They may wait for what comes much later, or never: who leaves does not.
    void source.return(undefined).catch(nothing);
    for (const one of making) void one.then(discard).catch(nothing);
  }
  if (failure !== undefined) throw failure.error;
}

interface Failure {
  readonly error: unknown;
}

function asFailure(error: unknown): Failure {
  return { error };
}

function nothing(): undefined {
  return undefined;
}
