"""The provider of `Custom::PersonalizeEventTracker`: the life cycle of an Amazon Personalize event tracker."""
