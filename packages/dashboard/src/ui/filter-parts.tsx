import { Icon } from './icons.tsx';

/** Parts of a filter that several pages have. What is chosen is an id; an empty text: everything. */

export const PlatformSelect = ({
  value,
  choices,
  onChange,
}: {
  value: string;
  choices: { id: string; name: string }[];
  onChange: (provider: string) => void;
}) => (
  <select className="input" aria-label="Platform" value={value} onChange={(event) => onChange(event.target.value)}>
    <option value="">Every platform</option>
    {choices.map(({ id, name }) => (
      <option key={id} value={id}>
        {name}
      </option>
    ))}
  </select>
);

/** The one owner that is looked at, until it is taken away; nothing where all are. */
export const OwnerChip = ({ owner, onRemove }: { owner: string; onRemove: () => void }) =>
  owner !== '' && (
    <button type="button" className="chip" onClick={onRemove}>
      Owner {owner}
      <Icon name="cross" />
      <span className="hidden">Show every owner</span>
    </button>
  );
