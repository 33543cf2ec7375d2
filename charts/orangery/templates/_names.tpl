{{/* Names and labels. */}}
{{- define "orangery.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "orangery.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains (include "orangery.name" .) .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "orangery.name" .) | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "orangery.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "orangery.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- required "serviceAccount.create is false: serviceAccount.name names the account to use" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "orangery.selector" -}}
app.kubernetes.io/name: {{ include "orangery.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "orangery.labels" -}}
{{ include "orangery.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Labels and the common annotations: the metadata of every object beside its name. */}}
{{- define "orangery.metadata" -}}
labels:
  {{- include "orangery.labels" . | nindent 2 }}
{{- with .Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "orangery.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}
{{- end }}

{{/* The service account of ResourceSets that name none; empty where they have the operator's own rights. */}}
{{- define "orangery.defaultServiceAccount" -}}
{{- $given := .Values.multitenancy }}
{{- if kindIs "invalid" $given.enabled }}
{{- default "flux" $given.defaultServiceAccount }}
{{- else if $given.enabled }}
{{- default "flux-operator" $given.defaultServiceAccount }}
{{- end }}
{{- end }}

{{/* The subject of every binding. */}}
{{- define "orangery.subjects" -}}
subjects:
  - kind: ServiceAccount
    name: {{ include "orangery.serviceAccount" . }}
    namespace: {{ .Release.Namespace }}
{{- end }}

{{/* `helm test`: other labels than the operator's pods, which the Service selects. */}}
{{- define "orangery.check.labels" -}}
app.kubernetes.io/name: {{ include "orangery.name" . }}-check
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "orangery.check.metadata" -}}
labels:
  {{- include "orangery.check.labels" . | nindent 2 }}
annotations:
  helm.sh/hook: test
  helm.sh/hook-weight: "-1"
  helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
