import type { Connection, Provider } from '../api/types.ts';
import { Icon } from './icons.tsx';
import { Empty } from './states.tsx';

/** What was granted, and what was not, with what each permits. */
export const Scopes = ({
  connection,
  provider,
  platform,
}: {
  connection: Connection;
  provider: Provider | undefined;
  platform: string;
}) => {
  const { granted, missing } = connection.scopes;
  const facts = new Map(provider?.scopes.map((scope) => [scope.scope, scope]));
  const all = [...new Set([...missing, ...granted])];
  return (
    <section className="card">
      <header>
        <h2>Permissions</h2>
        {granted.length > 0 && <small>{granted.length} granted</small>}
      </header>
      {all.length === 0 ? (
        <Empty title={`${platform} does not say which`}>
          <p>What the app may do is set in the console of the platform.</p>
        </Empty>
      ) : (
        <ul className="scopes">
          {all.map((scope) => {
            const isMissing = missing.includes(scope);
            const fact = facts.get(scope);
            return (
              <li key={scope} className={isMissing ? 'missing' : ''}>
                <Icon name={isMissing ? 'cross' : 'check'} />
                <span>
                  {fact?.permits ?? scope}
                  <small>
                    {fact?.permits && <code>{scope}</code>}
                    {isMissing
                      ? ' not granted, but required'
                      : fact
                        ? fact.required
                          ? ' required'
                          : ''
                        : 'granted besides'}
                  </small>
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
};
