/**
 * Maps a list by requests, a few at a time, for hooks that ask for many things: neither one after the other nor all at
 * once.
 */
export const inBatches = async <Item, Result>(
  items: readonly Item[],
  size: number,
  map: (item: Item) => Promise<Result>,
): Promise<Result[]> => {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += size) {
    results.push(...(await Promise.all(items.slice(start, start + size).map(map))));
  }
  return results;
};
