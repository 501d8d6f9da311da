// One program that is a whole Kubernetes control plane: which part it is, its name or its first argument says.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
	_ "time/tzdata" // time zones of CronJobs and windows, on a machine without them

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	_ "k8s.io/client-go/plugin/pkg/client/auth"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

var servers = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": controllermanager.NewControllerManagerCommand,
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
}

func main() {
	arguments := os.Args
	if filepath.Base(arguments[0]) != "kubectl" {
		arguments = arguments[1:]
	}
	if len(arguments) == 0 {
		fail("name a part: etcd, kube-apiserver, kube-controller-manager, kube-scheduler or kubectl")
	}
	os.Args = arguments
	switch part := filepath.Base(arguments[0]); {
	case part == "etcd":
		endWithParent()
		etcdmain.Main(os.Args)
	case part == "kubectl":
		if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
			util.CheckErr(err)
		}
	case servers[part] != nil:
		endWithParent()
		os.Exit(cli.Run(servers[part]()))
	default:
		fail("there is no part called " + part)
	}
}

// A killed parent cannot end its children, so a server watches for the one that REHEARSAL_PARENT names.
func endWithParent() {
	parent := os.Getenv("REHEARSAL_PARENT")
	if parent == "" {
		return
	}
	go func() {
		for strconv.Itoa(os.Getppid()) == parent {
			time.Sleep(time.Second)
		}
		os.Exit(1)
	}()
}

func fail(reason string) {
	fmt.Fprintln(os.Stderr, reason)
	os.Exit(2)
}
