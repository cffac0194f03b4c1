/** Keys that fly for as long as they are held: which way they push, as right, up, forward. By place on the keyboard, so that WASD lies well on every layout. */
export const FLY_KEYS: Readonly<Record<string, readonly [right: number, up: number, forward: number]>> = {
  KeyW: [0, 0, 1],
  ArrowUp: [0, 0, 1],
  KeyS: [0, 0, -1],
  ArrowDown: [0, 0, -1],
  KeyA: [-1, 0, 0],
  ArrowLeft: [-1, 0, 0],
  KeyD: [1, 0, 0],
  ArrowRight: [1, 0, 0],
  KeyQ: [0, -1, 0],
  KeyE: [0, 1, 0],
};

/** The sum of what the held keys push. */
export function pushOf(held: ReadonlySet<string>, out: [number, number, number]): [number, number, number] {
  out.fill(0);
  for (const code of held) {
    const push = FLY_KEYS[code];
    if (push === undefined) continue;
    for (let i = 0; i < 3; i += 1) out[i] = Math.max(-1, Math.min(1, out[i]! + push[i]!));
  }
  return out;
}

/** Whether a key press belongs to what has the focus (a field, a list, a tab), and not to the galaxy. */
export function isForControl(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  // The viewer lies over all and has keys of its own.
  if (target.closest(".viewer") !== null) return true;
  if (target.closest("input, textarea, select, [contenteditable]") !== null) return true;
  // The panel itself has the focus in the list: there, too, arrow keys walk from picture to picture.
  if (target.matches(".panel") && (key === "ArrowLeft" || key === "ArrowRight")) return false;
  const movesInside = key.startsWith("Arrow") || key === "Enter" || key === " " || key === "Home" || key === "End";
  return movesInside && target.closest("button, a, [role=tab], [role=dialog], .panel, .clusters, .list") !== null;
}
