/** Without a sign of life for so many milliseconds, what the page asks for is not asked by a person. */
const patience = 60_000;
let lastSign = Date.now();

const noteSign = (): void => {
  lastSign = Date.now();
};

for (const type of ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart']) {
  addEventListener(type, noteSign, { passive: true, capture: true });
}

/** Whether nobody seems to sit before the page. A session must end then, however much the page asks for by itself. */
export const isIdle = (): boolean => document.hidden || Date.now() - lastSign > patience;
