// Karpenter for AWS, composed as its own command composes it, listening on the loopback interface only.
package main

import (
	"github.com/aws/karpenter-provider-aws/pkg/cloudprovider"
	"github.com/aws/karpenter-provider-aws/pkg/cloudprovider/registrationhooks"
	"github.com/aws/karpenter-provider-aws/pkg/controllers"
	"github.com/aws/karpenter-provider-aws/pkg/operator"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/karpenter/pkg/cloudprovider/metrics"
	"sigs.k8s.io/karpenter/pkg/cloudprovider/overlay"
	corecontrollers "sigs.k8s.io/karpenter/pkg/controllers"
	"sigs.k8s.io/karpenter/pkg/controllers/state"
	coreoperator "sigs.k8s.io/karpenter/pkg/operator"
)

func main() {
	listenOnLoopbackOnly()
	ctx, op := operator.NewOperator(coreoperator.NewOperator())
	aws := cloudprovider.New(
		op.InstanceTypesProvider, op.InstanceProvider, op.EventRecorder, op.GetClient(), op.AMIProvider,
		op.SecurityGroupProvider, op.CapacityReservationProvider, op.PlacementGroupProvider, op.InstanceTypeStore, op.CABundle,
	)
	measured := metrics.Decorate(aws)
	provider := overlay.Decorate(measured, op.GetClient(), op.InstanceTypeStore)
	cluster := state.NewCluster(op.Clock, op.GetClient(), provider)

	op.WithControllers(ctx, corecontrollers.NewControllers(
		ctx, op.Manager, op.Clock, op.GetClient(), op.EventRecorder, provider, measured, cluster, op.InstanceTypeStore,
		corecontrollers.WithRegistrationHook(registrationhooks.NewPlacementGroupRegistrationHook(op.InstanceProvider)),
	)...).WithControllers(ctx, controllers.NewControllers(
		ctx, op.Manager, op.Config, op.Clock, op.EC2API, op.GetClient(), op.EventRecorder,
		op.UnavailableOfferingsCache, op.SSMCache, op.ValidationCache, op.RecreationCache,
		provider, op.SubnetProvider, op.SecurityGroupProvider, op.InstanceProfileProvider, op.InstanceProvider,
		op.PricingProvider, op.AMIProvider, op.LaunchTemplateProvider, op.VersionProvider, op.InstanceTypesProvider,
		op.CapacityReservationProvider, op.PlacementGroupProvider, op.AMIResolver, op.ZonalShiftProvider,
		op.InstanceStatusProvider, op.CABundle,
	)...).Start(ctx)
}

// Its options have a port for metrics and one for health, and no address for either.
func listenOnLoopbackOnly() {
	ctrl.NewManager = func(config *rest.Config, options ctrl.Options) (manager.Manager, error) {
		options.Metrics.BindAddress = "127.0.0.1" + options.Metrics.BindAddress
		options.HealthProbeBindAddress = "127.0.0.1" + options.HealthProbeBindAddress
		return manager.New(config, options)
	}
}
