import { useServerSettings } from '../api/queries.ts';
import type { ServerSettings as All } from '../api/types.ts';
import { Loaded } from './states.tsx';

type Setting = All['settings'][number];

const sourceWords: Record<Setting['source'], string> = {
  environment: 'Environment',
  configuration: 'Configuration',
  default: 'Default',
};

/** What the server was started with. It is changed there, and not here. */
export const ServerSettings = () => (
  <section className="card" aria-labelledby="server-settings">
    <header>
      <h2 id="server-settings">Settings of the server</h2>
    </header>
    <p className="soft">
      They are read where Evergrant is started, in environment variables or <code>evergrant.config</code>, and count
      from the next start on. <code>evergrant doctor</code> says whether all is in order.
    </p>
    <Loaded of={useServerSettings()} rows={6}>
      {({ settings }) => (
        <table className="settings">
          <thead>
            <tr>
              <th scope="col">Setting</th>
              <th scope="col">Value</th>
              <th scope="col">From</th>
            </tr>
          </thead>
          <tbody>
            {settings.map((setting) => (
              <tr key={setting.name} className={setting.source}>
                <th scope="row">
                  <code>{setting.name}</code>
                </th>
                <td>
                  <Value setting={setting} />
                </td>
                <td>{sourceWords[setting.source]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Loaded>
  </section>
);

const Value = ({ setting: { value, secret, source } }: { setting: Setting }) => {
  if (secret) return <span className="soft">{source === 'default' ? 'not set' : 'set, and shown to nobody'}</span>;
  if (value === null) return <span className="soft">not set</span>;
  return <code>{value.replaceAll(',', ', ')}</code>;
};
