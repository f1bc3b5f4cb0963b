import type { Span as ApiSpan, Context } from '@opentelemetry/api';
import { type Span, type SpanStart, type Tracing, untraced } from './tracing.ts';
import { version } from './version.ts';

type Api = typeof import('@opentelemetry/api');

/**
 * Traces by the OpenTelemetry SDK that the process has registered before. Where there is none, or not even its API,
 * nothing is traced and nothing is spent on it.
 */
export const loadTracing = async (): Promise<Tracing> => {
  const api = await import('@opentelemetry/api').catch(absent);
  return api && isCollected(api) ? createTracing(api) : untraced;
};

/** The API is an optional peer. */
const absent = (error: unknown): null => {
  if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return null;
  throw error;
};

/** Until somebody registers a provider, the global one stands for nobody. */
const isCollected = ({ trace, ProxyTracerProvider }: Api): boolean => {
  const provider = trace.getTracerProvider();
  if (!('getDelegate' in provider)) return true;
  return (
    (provider as InstanceType<typeof ProxyTracerProvider>).getDelegate() !== new ProxyTracerProvider().getDelegate()
  );
};

const createTracing = (api: Api): Tracing => {
  const tracer = api.trace.getTracer('evergrant', version);
  const kinds = { server: api.SpanKind.SERVER, client: api.SpanKind.CLIENT, internal: api.SpanKind.INTERNAL };

  /** A request belongs to the trace of its sender, unless whoever serves it has begun a span for it already. */
  const parentOf = ({ header }: SpanStart): { parent: Context; isServed: boolean } => {
    const active = api.context.active();
    if (!header || api.trace.getSpan(active)) return { parent: active, isServed: header !== undefined };
    const getter = { get: (_: unknown, name: string) => header(name), keys: () => [] };
    return { parent: api.propagation.extract(active, null, getter), isServed: false };
  };

  const spanOf = (span: ApiSpan): Span => ({
    set: (attributes) => void span.setAttributes(attributes),
    rename: (name) => void span.updateName(name),
    fail: (type) =>
      void span.setAttribute('error.type', type).setStatus({ code: api.SpanStatusCode.ERROR, message: type }),
  });

  return {
    span(start, work) {
      const { parent, isServed } = parentOf(start);
      const options = { kind: isServed ? kinds.internal : kinds[start.kind], attributes: start.attributes };
      return tracer.startActiveSpan(start.name, options, parent, async (begun) => {
        const span = spanOf(begun);
        try {
          return await work(span);
        } catch (error) {
          span.fail(typeOf(error));
          throw error;
        } finally {
          begun.end();
        }
      });
    },
  };
};

const typeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return '_OTHER';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
};
