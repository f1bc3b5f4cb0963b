/** The path of PUBLIC_URL, without a final slash; the server writes it into the document. */
export const base = document.documentElement.dataset['base'] ?? '';
