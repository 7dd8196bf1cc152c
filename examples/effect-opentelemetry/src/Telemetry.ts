import { Config, Effect, Layer, Option } from "effect"
import { FetchHttpClient } from "effect/http"
import { Otlp } from "effect/observability"

/**
 * Sends spans, metrics and logs to the collector of OpenTelemetry in `OTEL_EXPORTER_OTLP_ENDPOINT`, such as http://localhost:4318.
 * Without the variable the program runs without telemetry.
 */
export const layer = Layer.unwrap(
  Effect.gen(function* () {
    const endpoint = yield* Config.option(Config.URL("OTEL_EXPORTER_OTLP_ENDPOINT"))
    const serviceName = yield* Config.withDefault(Config.String("OTEL_SERVICE_NAME"), "meetings-export")
    return Option.match(endpoint, {
      onNone: (): Layer.Layer<never> => Layer.empty,
      onSome: ({ href }) =>
        Otlp.layerJson({ baseUrl: href, resource: { serviceName } }).pipe(
          Layer.provide(FetchHttpClient.layer),
        ),
    })
  }),
)
