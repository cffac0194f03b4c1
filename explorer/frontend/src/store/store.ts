import { createStore, type StoreApi } from "zustand/vanilla";
import { INITIAL_STATE, type State } from "./state";

export type Store = StoreApi<State>;

/** A store of its own for each page (and each test). */
export function createGalaxyStore(initial: Partial<State> = {}): Store {
  return createStore<State>(() => ({ ...INITIAL_STATE, ...initial }));
}

/**
 * Calls `listen` with the new and the old value whenever what `select` picks from the state has changed.
 * Returns what ends it.
 */
export function watch<T>(store: Store, select: (state: State) => T, listen: (value: T, previous: T) => void): () => void {
  return store.subscribe((state, previousState) => {
    const value = select(state);
    const previous = select(previousState);
    if (!Object.is(value, previous)) listen(value, previous);
  });
}
