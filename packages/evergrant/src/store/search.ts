import { sql } from 'kysely';

/**
 * What a search looks at, in one text: what is on different lines is never found as one. The same expression stands in
 * an index, which a search reads instead of the rows.
 */
export const searched = sql.raw("lower(coalesce(name, '') || '\n' || coalesce(username, '') || '\n' || owner)");
