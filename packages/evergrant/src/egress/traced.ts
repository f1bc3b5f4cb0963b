import { type Span, type Tracing, untraced } from '../telemetry/tracing.ts';
import type { StreamingEgress } from './types.ts';

/**
 * Shows each request as a span, by the conventions of OpenTelemetry for HTTP clients. Of its address host and port alone
 * are told: paths and queries of platforms hold tokens and ids. Nor does a request tell the platform of our trace.
 */
export const tracedEgress = (egress: StreamingEgress, tracing: Tracing): StreamingEgress => {
  if (tracing === untraced) return egress;
  const traced = <T extends { status: number }>(
    { method, url }: { method: string; url: string },
    send: () => Promise<T>,
  ): Promise<T> =>
    tracing.span(
      { name: method, kind: 'client', attributes: { 'http.request.method': method, ...placeOf(url) } },
      async (span) => {
        const answer = await send();
        tell(span, answer.status);
        return answer;
      },
    );
  return {
    ...egress,
    send: (request) => traced(request, () => egress.send(request)),
    stream: (request) => traced(request, () => egress.stream(request)),
  };
};

const placeOf = (text: string) => {
  const url = URL.parse(text);
  if (!url) return {};
  const usual = url.protocol === 'https:' ? 443 : 80;
  return { 'server.address': url.hostname, 'server.port': url.port === '' ? usual : Number(url.port) };
};

const tell = (span: Span, status: number): void => {
  span.set({ 'http.response.status_code': status });
  if (status >= 400) span.fail(String(status));
};
