import { useState } from 'react';
import type { Connection } from '../api/types.ts';
import { base } from '../lib/base.ts';
import { hueClass, initial } from '../lib/hue.ts';
import { accountName, type Look, statuses } from '../lib/words.ts';

/** A letter in a rounded square, whose colour comes from the id. It is decoration: the name stands beside it. */
export const Tile = ({ id, name, size = '' }: { id: string; name: string; size?: '' | 'large' | 'small' }) => (
  <span className={`tile ${size} ${hueClass(id)}`} aria-hidden="true">
    {initial(name)}
  </span>
);

/** The account's picture, by way of our own server, over the letter that stays where there is none. */
export const Avatar = ({ connection, size = '' }: { connection: Connection; size?: '' | 'large' }) => {
  const name = accountName(connection);
  const { picture } = connection.account;
  const [failed, setFailed] = useState<string | null>(null);
  return (
    <span className={`tile round ${size} ${hueClass(name)}`} aria-hidden="true">
      {initial(name)}
      {picture !== null && failed !== picture && (
        <img
          src={`${base}/v1/connections/${connection.id}/picture`}
          alt=""
          loading="lazy"
          decoding="async"
          onError={() => setFailed(picture)}
        />
      )}
    </span>
  );
};

export const Badge = ({ look, children, title }: { look: Look; children: string; title?: string }) => (
  <span className={`badge ${look}`} title={title}>
    {children}
  </span>
);

export const StatusBadge = ({ status }: { status: Connection['status'] }) => {
  const { words, look, means } = statuses[status];
  return (
    <Badge look={look} title={means}>
      {words}
    </Badge>
  );
};
