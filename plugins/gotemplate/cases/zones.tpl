<<- range $zone := inputs.zones >>
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: app-<< inputs.id >>-<< $zone >>
  namespace: apps
<<- end >>
