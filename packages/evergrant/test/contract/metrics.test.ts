import { expect, it } from 'vitest';
import { startHarness } from '../security/support.ts';

it('counts requests by the pattern of their route, as OpenTelemetry names them', async () => {
  await using harness = await startHarness();
  const { connection } = await harness.connect();
  for (let read = 0; read < 3; read++) await harness.token(connection.id);
  await harness.api('GET', '/v1/connections/conn_none');
  await harness.api('GET', '/v1/connections', { key: null });
  await harness.api('GET', '/v1/connections');
  await harness.api('GET', `/v1/invented-${connection.id}`);
  await harness.api('PROPFIND', '/v1/connections');
  const { body } = await harness.api('GET', '/metrics');
  const counted = (method: string, route: string, status: number) =>
    new RegExp(
      `^http_server_request_duration_seconds_count\\{http_request_method="${method}",http_route="${route}",http_response_status_code="${status}"\\} (\\d+)$`,
      'm',
    ).exec(body)?.[1];
  expect(counted('GET', '/v1/connections/:id/token', 200)).toBe('3');
  expect(counted('GET', '/v1/connections/:id', 404)).toBe('1');
  expect(counted('GET', '/v1/connections', 401)).toBe('1');
  expect(counted('GET', '/v1/connections', 200)).toBe('1');
  expect(counted('GET', '', 404)).toBe('1');
  expect(counted('_OTHER', '', 405)).toBe('1');
  // What was asked for, or who it belongs to, is no label.
  expect(body).not.toContain(connection.id);
});
