/** The points of a sample by their cluster. */
export function membersOf(clusters: Uint8Array, sample: Iterable<number>): Map<number, number[]> {
  const members = new Map<number, number[]>();
  for (const index of sample) {
    const list = members.get(clusters[index]!);
    if (list === undefined) members.set(clusters[index]!, [index]);
    else list.push(index);
  }
  return members;
}
