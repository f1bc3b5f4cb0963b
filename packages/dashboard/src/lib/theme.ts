export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const name = 'evergrant-theme';

/** What somebody chose in this browser. */
export const theme = (): Theme => themes.find((one) => one === localStorage.getItem(name)) ?? 'system';

export const applyTheme = (chosen: Theme = theme()): void => {
  const { dataset } = document.documentElement;
  if (chosen === 'system') delete dataset['theme'];
  else dataset['theme'] = chosen;
};

export const setTheme = (chosen: Theme): void => {
  localStorage.setItem(name, chosen);
  applyTheme(chosen);
};
