/* Outlines on a 20 by 20 grid, as on the connect pages. */
const outlines = {
  check: 'm4.5 10.5 3.7 3.7 7.3-8',
  alert: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM10 6.5v4M10 13.4v.1',
  cross: 'm6 6 8 8M14 6l-8 8',
  link: 'M8.4 11.6a3 3 0 0 0 4.3 0l2.6-2.6a3 3 0 0 0-4.3-4.3l-.9.9M11.6 8.4a3 3 0 0 0-4.3 0l-2.6 2.6a3 3 0 0 0 4.3 4.3l.9-.9',
  search: 'M13.6 9a4.6 4.6 0 1 1-9.2 0 4.6 4.6 0 0 1 9.2 0ZM12.6 12.6l3.4 3.4',
  chevron: 'm8 5.5 4.5 4.5L8 14.5',
  back: 'M12 5.5 7.5 10l4.5 4.5',
  overview: 'M3.5 11.5h3l2-6 3.5 10 2-4h2.5',
  people:
    'M7.5 9.5a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4ZM2.8 16c0-2.6 2.1-4.2 4.7-4.2s4.7 1.6 4.7 4.2M13 9.3a2.4 2.4 0 0 0 0-4.8M14.4 12c1.7.6 2.8 2 2.8 4',
  platforms: 'M4 4h4.8v4.8H4zM11.2 4H16v4.8h-4.8zM4 11.2h4.8V16H4zM13.6 11v5.2M11 13.6h5.2',
  activity: 'M4 5.5h12M4 10h12M4 14.5h7',
  webhook: 'M3.5 10h8.5M9 6.5l3.5 3.5L9 13.5M16 4.5v11',
  key: 'M12.6 11.2a3.8 3.8 0 1 0-3.4-2.2L4 14.2V16.500h2.600v-1.700h1.700v-1.700h1.500l.8-.8M13.400 7.100v.1',
  settings: 'M4 6h6M14 6h2M12 4v4M4 14h2M10 14h6M8 12v4M4 10h9M16 10h0',
  menu: 'M3.5 6h13M3.500 10h13M3.500 14h13',
  out: 'M8.500 4H5v12h3.500M12 6.500 15.500 10 12 13.500M15 10H8.500',
  plus: 'M10 4.500v11M4.500 10h11',
  renew:
    'M15.500 8.500a5.700 5.700 0 0 0-10.400-1M4.500 11.500a5.700 5.700 0 0 0 10.400 1M4.800 4.200v3.500h3.500M15.200 15.800v-3.500h-3.500',
  copy: 'M7.500 7.500V4.500h8v8h-3M4.500 7.500h8v8h-8z',
  open: 'M8 5H4.500v10.500H15V12M11 4.500h4.500V9M15 5l-6 6',
} as const;

export type IconName = keyof typeof outlines;

/** An outline in the colour of the text around it. It is decoration: the words stand beside it. */
export const Icon = ({ name }: { name: IconName }) => (
  <svg className="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
    <path d={outlines[name]} />
  </svg>
);

/** The mark of this service. */
export const Leaf = () => (
  <svg className="leaf" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <path d="M6 20.5C6 10 13 5 26 5c0 12-6.5 17.5-15 17.5M6 27c2-7 6-11.5 12-14.5" />
  </svg>
);
