{{/* Values of Flux Operator's chart that mean nothing here are refused with what to do instead. */}}
{{- define "orangery.refused" -}}
{{- range $name, $instead := dict
  "web" "Orangery serves no web UI. docs/migrate.md says how to keep that of Flux Operator beside it"
  "marketplace" "Orangery is sold on no marketplace: remove the value"
  "reporting" "Orangery sends no reports: read its metrics (serviceMonitor.create)"
  "healthcheck" "`helm test RELEASE` checks an installation"
}}
{{- if hasKey $.Values $name }}
{{- fail (printf "the value `%s` is of Flux Operator's chart. %s" $name $instead) }}
{{- end }}
{{- end }}
{{- if .Values.multitenancy.enabledForWorkloadIdentity }}
{{- fail "multitenancy.enabledForWorkloadIdentity: Orangery uses no workload identity. Give providers a Secret (spec.secretRef)" }}
{{- end }}
{{- if and (eq .Values.multitenancy.enabled false) .Values.multitenancy.defaultServiceAccount }}
{{- fail "multitenancy.defaultServiceAccount has no effect where multitenancy.enabled is false: remove one of them" }}
{{- end }}
{{- end }}
