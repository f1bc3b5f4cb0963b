import { openSqlite } from '../../src/store/sqlite.ts';

/** Opens one new file after another in a folder, each at the same instant as the other processes that were started so. */
const [folder, start, files] = process.argv.slice(2);
for (let file = 0; file < Number(files); file++) {
  while (Date.now() < Number(start) + file * 20);
  await openSqlite(`${folder}/${file}.db`);
}
