import type { ConnectOptions } from './index.ts';

/** Where the flow is shown: in a popup, or in this window. */
export interface FlowWindow {
  readonly isPopup: boolean;
  go(url: string): void;
  close(): void;
  looksClosed(): boolean;
  /** Resolves when the popup has looked closed for a while; never for this window. */
  closed(signal: AbortSignal): Promise<void>;
  /** Whether it is where a message came from. */
  is(source: MessageEventSource | null): boolean;
}

/** Milliseconds between two looks at the popup, and for which it must look closed: some browsers say so while it loads. */
const [look, grace] = [500, 2000];

/** A popup on a phone is a tab that hides the page it belongs to. */
const isPhone = (): boolean => matchMedia('(hover: none) and (pointer: coarse) and (max-width: 48rem)').matches;

/** Opens where the flow will be shown, still empty. Null when it had to be a popup and there is none. */
export const createWindow = ({ mode = 'auto', width = 520, height = 720 }: ConnectOptions): FlowWindow | null => {
  const wantsPopup = mode === 'popup' || (mode === 'auto' && !isPhone());
  const popup = wantsPopup ? openPopup(width, height) : null;
  if (popup) return popupWindow(popup);
  return mode === 'popup' ? null : thisWindow;
};

const openPopup = (width: number, height: number): Window | null => {
  const left = Math.round(screenX + (outerWidth - width) / 2);
  const top = Math.round(screenY + (outerHeight - height) / 2);
  // The name tells the flow's pages that they are in a popup. One name a flow: two may run side by side.
  const name = `evergrant-${Math.random().toString(36).slice(2)}`;
  const popup = open('', name, `popup,width=${width},height=${height},left=${left},top=${top}`);
  return popup?.closed ? null : popup;
};

const popupWindow = (popup: Window): FlowWindow => ({
  isPopup: true,
  // A platform that cuts the popup off from its opener takes its name as well: the service remembers by this.
  go: (url) => popup.location.replace(`${url}${url.includes('?') ? '&' : '?'}window=popup`),
  close: () => popup.close(),
  looksClosed: () => popup.closed,
  closed: (signal) =>
    new Promise((resolve) => {
      let since = 0;
      const timer = setInterval(() => {
        since = popup.closed ? since + look : 0;
        if (since > grace) resolve(clearInterval(timer));
      }, look);
      signal.addEventListener('abort', () => clearInterval(timer));
    }),
  is: (source) => source === popup,
});

const thisWindow: FlowWindow = {
  isPopup: false,
  go: (url) => location.assign(url),
  close: () => {},
  looksClosed: () => false,
  closed: () => new Promise(() => {}),
  is: () => false,
};
